//! What is under way: who asked for it is answered once it is done.

use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::bail;
use onetag_control::Target;

use super::protocol::Reply;
use super::serve::Keeper;
use crate::system::wait::Deadline;

/// How long a service may take to halt.
const HALTING: Duration = Duration::from_secs(5);

/// How long to wait for those that are writing to a database.
const TAKING: Duration = Duration::from_secs(5);

/// How often to look for what nobody tells us of.
const LOOK: Duration = Duration::from_millis(2);

/// Something that is under way.
#[derive(Debug)]
pub(super) struct Wait {
    goal: Goal,
    limit: Deadline,
    reply: Sender<Reply>,
}

/// What is waited for.
#[derive(Debug)]
pub(super) enum Goal {
    /// A service, which was told to stop or was killed, has ended.
    Ended(String),
    /// A service, which was told to halt, has done so.
    Halted(String),
    /// The write locks of all databases are held.
    DatabasesStopped,
}

impl Wait {
    pub(super) fn new(goal: Goal, reply: Sender<Reply>) -> Wait {
        let limit = match goal {
            // The service has deadlines of its own.
            Goal::Ended(_) => Duration::MAX,
            Goal::Halted(_) => HALTING,
            Goal::DatabasesStopped => TAKING,
        };
        Wait { goal, limit: Deadline::within(limit), reply }
    }

    fn answer(self, reply: Reply) {
        // Whoever asked may be gone; that is told by the end of its connection.
        let _ = self.reply.send(reply);
    }
}

impl Keeper {
    /// Moves on everything that is under way, and says when to look again.
    pub(super) fn advance_waits(&mut self) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for wait in std::mem::take(&mut self.waits) {
            match self.look(&wait) {
                Ok(None) => wait.answer(Reply::Done),
                Ok(Some(pause)) => {
                    next = Some(next.map_or(pause, |next| next.min(pause)));
                    self.waits.push(wait);
                }
                Err(error) => wait.answer(Reply::Refused { reason: format!("{error:#}") }),
            }
        }
        next
    }

    /// None if the goal is reached, else when to look again.
    fn look(&mut self, wait: &Wait) -> anyhow::Result<Option<Duration>> {
        match &wait.goal {
            Goal::Ended(service) => self.look_at_end(service),
            Goal::Halted(service) => {
                let service = self.service(service)?;
                if service.has_halted()? {
                    return Ok(None);
                }
                if wait.limit.passed() {
                    service.pause(false)?;
                    bail!("it did not halt within {HALTING:?}");
                }
                Ok(Some(LOOK))
            }
            Goal::DatabasesStopped => {
                let busy = self.stop_databases()?;
                if let (Some(busy), true) = (&busy, wait.limit.passed()) {
                    self.restore(&Target::Database)?;
                    bail!("somebody has been writing to {busy} for {TAKING:?}");
                }
                Ok(busy.map(|_| LOOK))
            }
        }
    }

    /// A service that never was has ended.
    fn look_at_end(&mut self, service: &str) -> anyhow::Result<Option<Duration>> {
        let deadline = self.services.get_mut(service).map(|it| it.stop(false)).transpose()?;
        Ok(deadline.flatten().map(|deadline| deadline.left()))
    }
}
