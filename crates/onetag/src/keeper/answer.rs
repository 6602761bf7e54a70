//! What the keeper does for each question.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8PathBuf;
use onetag_control::{Capability, Target};

use super::inbox::ConnectionId;
use super::protocol::{Reply, Request};
use super::serve::{Keeper, ShutdownRequest};
use super::service::Service;
use super::wait::{Goal, Wait};
use crate::backend::{Prepared, Runtime, ServiceAddresses, ServicePorts};
use crate::report::Ui;
use crate::run::{read_json, write_json};

/// How a question is answered.
enum Next {
    Now(Reply),
    /// Once this is so.
    Later(Goal),
    /// By the step that was begun.
    Step,
}

impl Keeper {
    /// Does what is asked, and answers at once or when it is done.
    pub(super) fn answer(
        &mut self,
        request: Request,
        suite: Option<ConnectionId>,
        reply: Sender<Reply>,
    ) {
        let next = self.act(&request, &reply);
        if let (Ok(_), Some(connection)) = (&next, suite) {
            self.note(&request, connection);
        }
        let answer = match next {
            Ok(Next::Step) => return,
            Ok(Next::Later(goal)) => return self.waits.push(Wait::new(goal, reply)),
            Ok(Next::Now(answer)) => answer,
            Err(error) => Reply::refused(&error),
        };
        // Whoever asked may be gone; that is told by the end of its connection.
        let _ = reply.send(answer);
    }

    fn act(&mut self, request: &Request, reply: &Sender<Reply>) -> anyhow::Result<Next> {
        let started = {
            let reply = reply.clone();
            move |started: anyhow::Result<_>| {
                answer(&reply, started.map(|services| Reply::Started { services }));
            }
        };
        let paused = {
            let reply = reply.clone();
            move |paused: anyhow::Result<()>| answer(&reply, paused.map(|()| Reply::Done))
        };
        Ok(match request {
            // The thread of the connection tells of it.
            Request::Attach => Next::Now(Reply::Done),
            Request::Prepare { services } => {
                self.prepare(services.clone(), reply.clone())?;
                Next::Step
            }
            Request::Start { level } => {
                self.start(level.clone(), true, started)?;
                Next::Step
            }
            Request::StartAgain { service } => {
                self.start_again(service, started)?;
                Next::Step
            }
            Request::Stop { service } => {
                self.stop(service, false);
                Next::Later(Goal::Ended(service.clone()))
            }
            Request::Kill { service } => {
                self.service(service)?;
                self.stop(service, true);
                Next::Later(Goal::Ended(service.clone()))
            }
            Request::Pause { service } => {
                self.pause(service, true, paused)?;
                Next::Step
            }
            Request::Resume { service } => {
                self.pause(service, false, paused)?;
                Next::Step
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
            Request::Status
            | Request::Poll { .. }
            | Request::Witness { .. }
            | Request::CollectLogs { .. }
            | Request::CopyOut { .. } => bail!("the thread of the connection answers this"),
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
        let failed = {
            let target = target.clone();
            move |error: anyhow::Error| {
                Ui::stderr().line(format!("cannot bring {target} back: {error:#}"));
            }
        };
        // What was asked for over a connection is done before its end is seen: a
        // service that is still stopping is being stopped by somebody else.
        if self.service(name)?.is_running() {
            self.pause(name, false, move |resumed| resumed.unwrap_or_else(failed))
        } else {
            self.start_again(name, move |started| drop(started.map_err(failed)))
        }
    }

    /// Makes what services need before they start, and keeps a record of it for a
    /// keeper that is started anew.
    fn prepare(&mut self, services: Vec<ServicePorts>, reply: Sender<Reply>) -> anyhow::Result<()> {
        ensure!(self.ending.is_none(), "the run is being torn down");
        let (ledger, record) = (self.ledger.clone(), self.folder.prepared());
        let prepare = move |runtime: &dyn Runtime| {
            let before: Option<Prepared> =
                record.exists().then(|| read_json(&record)).transpose()?;
            let prepared = runtime.prepare(&services, before.as_ref(), &ledger)?;
            write_json(&record, &prepared)?;
            let addresses = services
                .iter()
                .map(|service| Ok((service.service.clone(), runtime.addresses(service)?)));
            let services: BTreeMap<String, ServiceAddresses> =
                addresses.collect::<anyhow::Result<_>>()?;
            let capabilities = runtime.capabilities().into_iter().map(Capability::as_str);
            let capabilities = capabilities.map(str::to_owned).collect();
            Ok(Reply::Prepared { services, capabilities })
        };
        self.step("preparing the run".to_owned(), self.limit, prepare, move |_, prepared| {
            answer(&reply, prepared);
        });
        Ok(())
    }

    /// Starts a service as it was started last.
    fn start_again(
        &mut self,
        service: &str,
        answer: impl FnOnce(anyhow::Result<BTreeMap<String, super::StartedService>>) + Send + 'static,
    ) -> anyhow::Result<()> {
        let spec = self.service(service)?.spec.clone();
        self.start(vec![spec], false, answer)
    }

    /// Halts a service, or lets it go on.
    fn pause(
        &mut self,
        name: &str,
        on: bool,
        answer: impl FnOnce(anyhow::Result<()>) + Send + 'static,
    ) -> anyhow::Result<()> {
        let instance = self.service(name)?.instance.clone().context("it does not run")?;
        let what = format!("{} service `{name}`", if on { "pausing" } else { "resuming" });
        let name = name.to_owned();
        let pause = move |runtime: &dyn Runtime| runtime.pause(&instance, on);
        self.step(what, self.limit, pause, move |keeper, paused| {
            if let (Ok(()), Ok(service)) = (&paused, keeper.service(&name)) {
                service.paused = on;
            }
            answer(paused);
        });
        Ok(())
    }

    /// The database that somebody is writing to, if that is in the way.
    pub(super) fn stop_databases(&mut self) -> anyhow::Result<Option<Utf8PathBuf>> {
        let databases = self.database_files();
        self.databases.stop(&databases)
    }

    fn database_files(&self) -> Vec<Utf8PathBuf> {
        let services = self.services.values().filter(|service| service.spec.database);
        services.map(|service: &Service| self.folder.database(service.spec.service())).collect()
    }
}

/// Answers with what a step gave. Whoever asked may be gone; the end of its connection
/// tells that.
fn answer(reply: &Sender<Reply>, result: anyhow::Result<Reply>) {
    let _ = reply.send(result.unwrap_or_else(|error| Reply::refused(&error)));
}
