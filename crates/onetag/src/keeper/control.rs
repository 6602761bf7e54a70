//! What suites ask, put together from what the keeper can do.
//!
//! This runs on the thread of the suite's connection: waiting until a service is
//! ready keeps nobody else waiting.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use onetag_control::Target;
use onetag_control::protocol::{Reply as Answer, Request as Question};

use super::protocol::{Reply, Request, ServiceState, Status, refusal};
use super::ready::{ReadyWait, wait_until_ready};
use crate::error::{Attach as _, hints};
use crate::run::RunFolder;
use crate::system::signals::Interrupt;
use crate::workspace::DATABASE_SERVER;

/// How long a service may take until it is ready.
const READY: Duration = Duration::from_secs(60);

/// How much of a log a suite gets: its end.
const MAX_LOG: u64 = 4 << 20;

/// Answers what one suite asks.
pub(super) struct Control<'a> {
    pub(super) folder: &'a RunFolder,
    /// Asks the keeper's loop; none when it has ended.
    pub(super) ask: &'a dyn Fn(Request) -> Option<Reply>,
}

impl Control<'_> {
    /// Does what is asked, and says why if it cannot be done.
    pub(super) fn answer(&self, question: Question) -> Answer {
        let done = match self.resolved(question) {
            Question::Stop { target } => self.stop(target),
            Question::Start { target, wait } => self.start(target, wait),
            Question::Kill { target } => self.service(&target).and_then(|service| {
                self.expect_process(&service)?;
                self.done(Request::Kill { service })
            }),
            Question::Restart { target } => {
                self.stop(target.clone()).and_then(|()| self.start(target, true))
            }
            Question::Pause { target } => self.service(&target).and_then(|service| {
                let state = self.state(&service)?;
                let runs = matches!(state, ServiceState::Running { .. });
                ensure!(runs, "it {}", state.predicate());
                self.done(Request::Pause { service })
            }),
            Question::Resume { target } => self.service(&target).and_then(|service| {
                let state = self.state(&service)?;
                let halted = matches!(state, ServiceState::Paused { .. });
                ensure!(halted, "it {}, not paused", state.predicate());
                self.done(Request::Resume { service })
            }),
            Question::Logs { service } => match self.logs(&service) {
                Ok(text) => return Answer::Logs { text },
                Err(error) => Err(error),
            },
            Question::CopyOut { service, path, to } => self
                .state(&service)
                .and_then(|_| self.done(Request::CopyOut { service, from: path, to })),
            // Nobody would ever ask for it.
            Question::Skip { command: None, .. } => Ok(()),
            Question::Skip { command: Some(command), test, capability } => {
                self.done(Request::Skip { command, test, capability })
            }
        };
        match done {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Refused { reason: format!("{error:#}"), hints: hints(&error) },
        }
    }

    /// The same question about a service, where the database is one: the run's own server.
    fn resolved(&self, mut question: Question) -> Question {
        match &mut question {
            Question::Stop { target }
            | Question::Start { target, .. }
            | Question::Kill { target }
            | Question::Restart { target }
            | Question::Pause { target }
            | Question::Resume { target }
                if *target == Target::Database && self.state(DATABASE_SERVER).is_ok() =>
            {
                *target = Target::service(DATABASE_SERVER);
            }
            _ => {}
        }
        question
    }

    fn stop(&self, target: Target) -> anyhow::Result<()> {
        match target {
            Target::Database => self.done(Request::StopDatabase),
            Target::Service(service) => {
                self.expect_process(&service)?;
                self.done(Request::Stop { service })
            }
        }
    }

    fn start(&self, target: Target, wait: bool) -> anyhow::Result<()> {
        let service = match target {
            Target::Database => return self.done(Request::StartDatabase),
            Target::Service(service) => service,
        };
        self.state(&service)?;
        let started = match self.ask(Request::StartAgain { service: service.clone() })? {
            Reply::Started { mut services } => services.remove(&service),
            other => bail!("unexpected reply from the keeper: {other:?}"),
        };
        let Some(started) = started.filter(|_| wait) else { return Ok(()) };
        let interrupt = Interrupt::default();
        let waiting = ReadyWait::new(READY, "a start by a test", &interrupt);
        wait_until_ready(&started, self.folder, &|| false, &waiting)
    }

    fn logs(&self, service: &str) -> anyhow::Result<String> {
        self.state(service)?;
        self.done(Request::CollectLogs { service: Some(service.to_owned()) })?;
        let log = self.folder.log(service);
        let read = || {
            let mut file = File::open(&log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(MAX_LOG)))?;
            let mut bytes = Vec::new();
            file.take(MAX_LOG).read_to_end(&mut bytes).map(|_| bytes)
        };
        let bytes = read().with_context(|| format!("cannot read {log}"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The service that is meant, where only a service will do.
    fn service(&self, target: &Target) -> anyhow::Result<String> {
        match target {
            Target::Service(service) => Ok(service.clone()),
            Target::Database => Err(anyhow!("the database of this run is a file")).hint(
                "it can be stopped and started, which holds its write lock and lets go of it",
            ),
        }
    }

    fn expect_process(&self, service: &str) -> anyhow::Result<()> {
        match self.state(service)? {
            ServiceState::Running { .. }
            | ServiceState::Paused { .. }
            | ServiceState::Starting { .. }
            | ServiceState::Stopping => Ok(()),
            other => bail!("it {} already", other.predicate()),
        }
    }

    fn state(&self, service: &str) -> anyhow::Result<ServiceState> {
        let mut services = self.status()?.services;
        services.remove(service).with_context(|| {
            let known: Vec<_> = services.keys().map(String::as_str).collect();
            format!("the run has no such service, only: {}", known.join(", "))
        })
    }

    fn status(&self) -> anyhow::Result<Status> {
        match self.ask(Request::Status)? {
            Reply::Status { status } => Ok(status),
            other => bail!("unexpected reply from the keeper: {other:?}"),
        }
    }

    fn done(&self, request: Request) -> anyhow::Result<()> {
        match self.ask(request)? {
            Reply::Done => Ok(()),
            other => bail!("unexpected reply from the keeper: {other:?}"),
        }
    }

    fn ask(&self, request: Request) -> anyhow::Result<Reply> {
        match (self.ask)(request).context("the run is being torn down")? {
            Reply::Refused { reason, hints } => Err(refusal(&reason, &hints)),
            reply => Ok(reply),
        }
    }
}
