//! Asking the keeper of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use onetag_control::connection::Connection;

use super::protocol::{Polled, Reply, Request, StartedService, Status, refusal};
use super::turns::Turn;
use crate::backend::{Addresses, Seen, ServicePorts, ServiceSpec};
use crate::run::RunFolder;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Deadline, Poll};

/// How long the keeper may take to answer what it can answer at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What the keeper gets on top of what a step of the backend may take.
const MARGIN: Duration = Duration::from_secs(10);

/// The same for an answer that takes several short questions to the backend.
const POLL_MARGIN: Duration = Duration::from_secs(20);

/// The same where logs are brought up to date as well.
const ADVICE_MARGIN: Duration = Duration::from_secs(40);

/// How often a wait for the end looks for a signal.
const LOOK: Duration = Duration::from_millis(100);

/// How long a run may take to stop, one service after the other.
const SHUTDOWN: Duration = Duration::from_secs(120);

/// A connection to the keeper of a run.
#[derive(Debug)]
pub(crate) struct Client {
    connection: Connection,
}

/// A connection that says: this is the harness. The run ends with it, unless it
/// is kept.
#[derive(Debug)]
pub(crate) struct Attachment(#[expect(dead_code, reason = "it is its end that counts")] Client);

/// A connection on which the tie was asked for.
#[derive(Debug)]
pub(super) struct Requested(Client);

impl Requested {
    /// Waits until the keeper has taken note.
    pub(super) fn confirmed(mut self) -> anyhow::Result<Attachment> {
        match self.0.receive(AT_ONCE)? {
            Reply::Done => Ok(Attachment(self.0)),
            other => Err(unexpected(other)),
        }
    }
}

impl Client {
    /// Connects to the keeper of the run in `folder`.
    pub(crate) fn connect(folder: &RunFolder) -> anyhow::Result<Client> {
        let connection = Connection::open(folder.path().as_std_path())
            .with_context(|| format!("the keeper of run {} does not answer", folder.run_id()))?;
        Ok(Client { connection })
    }

    /// Connects to a keeper that another command may be starting right now.
    pub(crate) fn connect_soon(folder: &RunFolder) -> anyhow::Result<Client> {
        let mut refused = None;
        let connected = wait::until("connecting", AT_ONCE, &Interrupt::default(), || {
            Ok(match Client::connect(folder) {
                Ok(client) => Poll::Ready(client),
                Err(error) => {
                    let last = error.root_cause().to_string();
                    refused = Some(error);
                    Poll::Pending(last)
                }
            })
        });
        connected.map_err(|error| refused.unwrap_or(error))
    }

    /// Ties the life of the run to this connection.
    pub(crate) fn attach(self) -> anyhow::Result<Attachment> {
        self.request_attachment()?.confirmed()
    }

    /// Asks for the tie, without waiting for the answer: a keeper that is not
    /// there yet finds the request when it starts.
    pub(super) fn request_attachment(mut self) -> anyhow::Result<Requested> {
        self.send(&Request::Attach)?;
        Ok(Requested(self))
    }

    /// Has the backend prepare what services need; one of its steps may take `limit`.
    pub(crate) fn prepare(
        &mut self,
        services: Vec<ServicePorts>,
        limit: Duration,
    ) -> anyhow::Result<Addresses> {
        match self.ask(&Request::Prepare { services }, limit + MARGIN)? {
            Reply::Prepared { services, capabilities } => {
                Ok(Addresses { services, capabilities, database: None })
            }
            other => Err(unexpected(other)),
        }
    }

    /// Has services started; they are not ready yet.
    pub(crate) fn start(
        &mut self,
        level: Vec<ServiceSpec>,
        limit: Duration,
    ) -> anyhow::Result<BTreeMap<String, StartedService>> {
        match self.ask(&Request::Start { level }, limit + MARGIN)? {
            Reply::Started { services } => Ok(services),
            other => Err(unexpected(other)),
        }
    }

    /// Has a service asked whether it is ready, for this long at most.
    pub(crate) fn poll(
        &mut self,
        service: &str,
        limit: Duration,
        advise: bool,
    ) -> anyhow::Result<Polled> {
        let request = Request::Poll { service: service.to_owned(), limit, advise };
        let margin = if advise { ADVICE_MARGIN } else { POLL_MARGIN };
        match self.ask(&request, limit + margin)? {
            Reply::Polled { polled } => Ok(polled),
            other => Err(unexpected(other)),
        }
    }

    /// What the replicas of these services really run.
    pub(crate) fn witness(
        &mut self,
        services: Vec<String>,
        limit: Duration,
    ) -> anyhow::Result<BTreeMap<String, Vec<Seen>>> {
        match self.ask(&Request::Witness { services }, limit + MARGIN)? {
            Reply::Witnessed { seen } => Ok(seen),
            other => Err(unexpected(other)),
        }
    }

    /// Has the log of a service, or those of all, brought up to date.
    pub(crate) fn collect_logs(&mut self, service: Option<&str>) -> anyhow::Result<()> {
        let service = service.map(str::to_owned);
        self.done(&Request::CollectLogs { service }, POLL_MARGIN)
    }

    /// Has a service stopped, and returns once it has ended; that may take `limit`.
    pub(crate) fn stop(&mut self, service: &str, limit: Duration) -> anyhow::Result<()> {
        self.done(&Request::Stop { service: service.to_owned() }, limit + MARGIN)
    }

    /// What the tests of a command lacked that skipped, by test. The keeper forgets
    /// them.
    pub(crate) fn skips(&mut self, command: &str) -> anyhow::Result<BTreeMap<String, String>> {
        match self.ask(&Request::Skips { command: command.to_owned() }, AT_ONCE)? {
            Reply::Skips { skips } => Ok(skips),
            other => Err(unexpected(other)),
        }
    }

    /// Takes a turn; returns who has it if that is not to be had.
    pub(super) fn take_turn(&mut self, turn: &Turn) -> anyhow::Result<Option<String>> {
        match self.ask(&Request::TakeTurn { turn: turn.clone() }, AT_ONCE)? {
            Reply::Done => Ok(None),
            Reply::Busy { by } => Ok(Some(by)),
            other => Err(unexpected(other)),
        }
    }

    /// Whether the keeper has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.connection.ends_within(Duration::ZERO)
    }

    /// How everything is.
    pub(crate) fn status(&mut self) -> anyhow::Result<Status> {
        match self.ask(&Request::Status, AT_ONCE)? {
            Reply::Status { status } => Ok(status),
            other => Err(unexpected(other)),
        }
    }

    /// Has everything stopped, and returns once the keeper has ended.
    ///
    /// From the second signal on nothing is asked first.
    pub(crate) fn shutdown(mut self, interrupt: &Interrupt) -> anyhow::Result<()> {
        let mut force = interrupt.is_forced();
        self.send(&Request::Shutdown { force })?;
        let deadline = Deadline::within(SHUTDOWN);
        // The answers, and then the end. A keeper with nothing to stop may have
        // ended before it could answer, which is what was asked for.
        while !self.connection.ends_within(LOOK) {
            if deadline.passed() {
                bail!("the keeper did not end within {SHUTDOWN:?} of being told to");
            }
            if !force && interrupt.is_forced() {
                force = true;
                self.send(&Request::Shutdown { force })?;
            }
        }
        Ok(())
    }

    fn done(&mut self, request: &Request, limit: Duration) -> anyhow::Result<()> {
        match self.ask(request, limit)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    fn ask(&mut self, request: &Request, limit: Duration) -> anyhow::Result<Reply> {
        self.send(request)?;
        self.receive(limit)
    }

    fn send(&mut self, request: &Request) -> anyhow::Result<()> {
        Ok(self.connection.send(request)?)
    }

    fn receive(&mut self, limit: Duration) -> anyhow::Result<Reply> {
        match self.connection.receive(limit)? {
            Reply::Refused { reason, hints } => Err(refusal(&reason, &hints)),
            reply => Ok(reply),
        }
    }
}

fn unexpected(reply: Reply) -> anyhow::Error {
    anyhow!("unexpected reply from the keeper: {reply:?}")
}
