//! What the keeper does for each question.

use std::sync::mpsc::Sender;

use anyhow::{Context as _, ensure};
use camino::Utf8PathBuf;
use onetag_control::Target;

use super::inbox::{ConnectionId, Event};
use super::protocol::{Launch, Reply, Request, Status};
use super::serve::{Keeper, ShutdownRequest};
use super::service::Service;
use super::wait::{Goal, Wait};
use crate::report::Ui;
use crate::run::ledger::Resource;
use crate::system::{ProcessId, bind_lease};

/// How a question is answered.
enum Next {
    Now(Reply),
    /// Once this is so.
    Later(Goal),
}

impl Keeper {
    /// Does what is asked, and answers at once or when it is done.
    pub(super) fn answer(
        &mut self,
        request: Request,
        suite: Option<ConnectionId>,
        reply: Sender<Reply>,
    ) {
        let next = self.act(&request);
        if let (Ok(_), Some(connection)) = (&next, suite) {
            self.note(&request, connection);
        }
        let answer = match next {
            Ok(Next::Later(goal)) => return self.waits.push(Wait::new(goal, reply)),
            Ok(Next::Now(answer)) => answer,
            Err(error) => Reply::Refused { reason: format!("{error:#}") },
        };
        // Whoever asked may be gone; that is told by the end of its connection.
        let _ = reply.send(answer);
    }

    fn act(&mut self, request: &Request) -> anyhow::Result<Next> {
        Ok(match request {
            // The thread of the connection tells of it.
            Request::Attach => Next::Now(Reply::Done),
            Request::Lease { service, port } => Next::Now(self.lease(service, *port)?),
            Request::Start { launch } => Next::Now(Reply::Started { id: self.start(launch)? }),
            Request::StartAgain { service } => {
                let (id, launch) = self.start_again(service)?;
                Next::Now(Reply::StartedAgain { id, launch: launch.into() })
            }
            Request::Stop { service } => Next::Later(Goal::Ended(service.clone())),
            Request::Kill { service } => {
                self.service(service)?.stop(true)?;
                Next::Later(Goal::Ended(service.clone()))
            }
            Request::Pause { service } => {
                self.service(service)?.pause(true)?;
                Next::Later(Goal::Paused(service.clone()))
            }
            Request::Resume { service } => {
                self.service(service)?.pause(false)?;
                Next::Now(Reply::Done)
            }
            Request::StopDatabase => {
                ensure!(!self.databases.are_stopped(), "it is stopped already");
                ensure!(!self.database_files().is_empty(), "no service of this run has a database");
                Next::Later(Goal::DatabasesStopped)
            }
            Request::StartDatabase => {
                ensure!(self.databases.are_stopped(), "it is not stopped");
                self.databases.restore();
                Next::Now(Reply::Done)
            }
            Request::Skip { command, test, capability } => {
                let skips = self.skips.entry(command.clone()).or_default();
                skips.insert(test.clone(), capability.clone());
                Next::Now(Reply::Done)
            }
            Request::Skips { command } => {
                Next::Now(Reply::Skips { skips: self.skips.remove(command).unwrap_or_default() })
            }
            Request::TakeTurn { turn } => Next::Now(match self.turns.take(turn) {
                None => Reply::Done,
                Some(by) => Reply::Busy { by },
            }),
            Request::Status => {
                let Status { services, database_stopped, turn, failure } = self.status();
                Next::Now(Reply::Status { services, database_stopped, turn, failure })
            }
            Request::Shutdown { force } => {
                let ending =
                    self.ending.get_or_insert(ShutdownRequest { force: *force, asked: true });
                ending.force |= force;
                ending.asked = true;
                Next::Now(Reply::Done)
            }
        })
    }

    /// Takes note of what a suite takes away, and of what it brings back.
    fn note(&mut self, request: &Request, connection: ConnectionId) {
        match request {
            Request::Stop { service } | Request::Kill { service } | Request::Pause { service } => {
                self.outages.add(connection, Target::service(service));
            }
            Request::StopDatabase => self.outages.add(connection, Target::Database),
            Request::StartAgain { service } | Request::Resume { service } => {
                self.outages.remove(&Target::service(service));
            }
            Request::StartDatabase => self.outages.remove(&Target::Database),
            _ => {}
        }
    }

    /// Brings back what a suite took away whose connection has ended.
    ///
    /// What cannot be brought back stays away, and the harness finds it so after
    /// the tests.
    pub(super) fn bring_back(&mut self, connection: ConnectionId) {
        for target in self.outages.left(connection) {
            if let Err(error) = self.restore(&target) {
                Ui::stderr().line(format!("cannot bring {target} back: {error:#}"));
            }
        }
    }

    pub(super) fn restore(&mut self, target: &Target) -> anyhow::Result<()> {
        self.outages.remove(target);
        let Target::Service(name) = target else {
            self.databases.restore();
            return Ok(());
        };
        let service = self.service(name)?;
        // What was asked for over a connection is done before its end is seen: a
        // service that is still stopping is being stopped by somebody else.
        if service.is_running() {
            service.pause(false)?;
        } else {
            self.start_again(name)?;
        }
        Ok(())
    }

    fn lease(&mut self, service: &str, port: Option<u16>) -> anyhow::Result<Reply> {
        if let Some((_, port)) = self.leases.get(service) {
            return Ok(Reply::Leased { port: *port });
        }
        let (socket, port) =
            bind_lease(port.unwrap_or(0)).context("cannot get a port of 127.0.0.1")?;
        self.ledger.own(Resource::Lease { service: service.to_owned(), port })?;
        self.leases.insert(service.to_owned(), (socket, port));
        Ok(Reply::Leased { port })
    }

    fn start(&mut self, launch: &Launch) -> anyhow::Result<ProcessId> {
        let name = launch.service();
        ensure!(self.ending.is_none(), "the run is being torn down");
        ensure!(
            !self.services.get(name).is_some_and(Service::is_running),
            "service `{name}` runs already"
        );
        let events = self.events.clone();
        let (service, id) =
            Service::start(launch, self.folder.run_id(), &self.ledger, move |pid| {
                let _ = events.send(Event::ServiceEnded(pid));
            })?;
        self.services.insert(name.to_owned(), service);
        Ok(id)
    }

    /// Starts a service as it was started last.
    pub(super) fn start_again(&mut self, service: &str) -> anyhow::Result<(ProcessId, Launch)> {
        let launch = self.service(service)?.launch.clone();
        Ok((self.start(&launch)?, launch))
    }

    pub(super) fn service(&mut self, service: &str) -> anyhow::Result<&mut Service> {
        self.services
            .get_mut(service)
            .with_context(|| format!("service `{service}` was never started"))
    }

    /// The database that somebody is writing to, if that is in the way.
    pub(super) fn stop_databases(&mut self) -> anyhow::Result<Option<Utf8PathBuf>> {
        let databases = self.database_files();
        self.databases.stop(&databases)
    }

    fn database_files(&self) -> Vec<Utf8PathBuf> {
        self.services.values().filter_map(|service| service.launch.database.clone()).collect()
    }

    fn status(&mut self) -> Status {
        let state = |(name, service): (&String, &Service)| (name.clone(), service.state());
        let services = self.services.iter().map(state).collect();
        let database_stopped = self.databases.are_stopped();
        let failure = self.failure.clone();
        Status { services, database_stopped, turn: self.turns.holder(), failure }
    }
}
