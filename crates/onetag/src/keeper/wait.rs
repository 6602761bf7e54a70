//! A request that is answered once something has happened.

use std::sync::mpsc::Sender;
use std::time::Duration;

use super::protocol::Reply;
use crate::system::wait::Deadline;

/// How long to wait for those that are writing to a database.
pub(super) const DATABASE_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that waits.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) goal: Goal,
    pub(super) limit: Deadline,
    reply: Sender<Reply>,
}

/// What is waited for.
#[derive(Debug)]
pub(super) enum Goal {
    /// A service, which was told to stop or was killed, has ended.
    Ended(String),
    /// The write locks of all databases are held.
    DatabasesStopped,
}

impl Wait {
    pub(super) fn new(goal: Goal, reply: Sender<Reply>) -> Wait {
        let limit = match goal {
            // The service has deadlines of its own.
            Goal::Ended(_) => Duration::MAX,
            Goal::DatabasesStopped => DATABASE_TIMEOUT,
        };
        Wait { goal, limit: Deadline::within(limit), reply }
    }

    pub(super) fn answer(self, reply: Reply) {
        // Whoever asked may be gone; the end of its connection tells that.
        let _ = self.reply.send(reply);
    }
}
