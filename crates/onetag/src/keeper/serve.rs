//! The keeper's loop: one thread decides, others only listen.

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::databases::Databases;
use super::inbox::{Event, listen, listen_for_signals};
use super::outages::Outages;
use super::queries::{Queries, Snapshot};
use super::service::Service;
use super::turns::Turns;
use super::wait::Wait;
use crate::backend::{Backend, Runtime};
use crate::cycle::teardown;
use crate::report::Ui;
use crate::run::RunFolder;
use crate::run::ledger::{Ledger, Record, Resource, Role};
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;
use crate::system::{ProcessId, lead_session};

/// How often to look whether the folder of the run is there.
const FOLDER_INTERVAL: Duration = Duration::from_secs(1);

/// Keeps the run in `folder` until it is shut down.
///
/// Standard input is the listening socket and standard output the run's lock;
/// see [`super::start`].
pub(crate) fn serve(folder: &Utf8Path) -> anyhow::Result<()> {
    let folder = RunFolder::at(folder)?;
    // A session of its own: no Ctrl-C and no hang-up of a terminal comes here.
    lead_session().context("cannot start a session")?;
    let ledger = Ledger::open(folder.path())?;
    let id = ProcessId::of(std::process::id()).context("cannot name this process")?;
    ledger.own(Resource::Process { role: Role::Keeper, name: "keeper".to_owned(), id })?;

    let (events, inbox) = mpsc::channel();
    let socket = std::io::stdin().as_fd().try_clone_to_owned().context("no socket was given")?;
    let backend = Record::read(folder.path())?.backend()?.backend();
    let keeper = Keeper::new(folder, ledger, backend, events.clone());
    listen(UnixListener::from(socket), keeper.queries())?;
    listen_for_signals(events)?;
    keeper.run(&inbox)
}

/// The keeper of one run. What it answers is in [`super::answer`], what it waits
/// for in [`super::waits`].
pub(super) struct Keeper {
    pub(super) folder: RunFolder,
    pub(super) ledger: Ledger,
    pub(super) events: Sender<Event>,
    runtime: Arc<dyn Runtime>,
    /// How long one step of the runtime may take.
    pub(super) limit: Duration,
    /// How long a service may take to stop before it is killed.
    pub(super) grace: Duration,
    /// How many services were started.
    pub(super) starts: u64,
    pub(super) services: BTreeMap<String, Service>,
    pub(super) databases: Databases,
    /// What suites have taken away.
    pub(super) outages: Outages,
    /// What tests lacked that skipped, by command and test.
    pub(super) skips: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) turns: Turns,
    /// What is under way, and who wants to know.
    pub(super) waits: Vec<Wait>,
    /// How many harnesses are connected.
    attached: usize,
    /// Whether the harness that started this keeper was heard. It asks for its tie
    /// before it starts the keeper, so that is certain to come.
    greeted: bool,
    pub(super) ending: Option<ShutdownRequest>,
    /// What went wrong first. The keeper goes on, and the harness fails the run.
    pub(super) failure: Option<String>,
}

/// The run is to end.
pub(super) struct ShutdownRequest {
    /// Services are killed without being asked first.
    pub(super) force: bool,
    /// Somebody asked for it, waits for this process to end, and clears up.
    pub(super) asked: bool,
}

impl Keeper {
    fn new(folder: RunFolder, ledger: Ledger, backend: &Backend, events: Sender<Event>) -> Keeper {
        Keeper {
            runtime: (backend.runtime)(&folder).into(),
            folder,
            ledger,
            events,
            limit: backend.step_limit,
            grace: backend.grace,
            starts: 0,
            services: BTreeMap::new(),
            attached: 0,
            greeted: false,
            waits: Vec::new(),
            databases: Databases::default(),
            outages: Outages::default(),
            skips: BTreeMap::new(),
            turns: Turns::default(),
            ending: None,
            failure: None,
        }
    }

    fn queries(&self) -> Queries {
        Queries {
            folder: self.folder.clone(),
            runtime: Arc::clone(&self.runtime),
            limit: self.limit,
            events: self.events.clone(),
        }
    }

    /// Has the runtime do something on other threads, and takes note of the result.
    pub(super) fn step<T: Send + 'static>(
        &self,
        what: String,
        limit: Duration,
        step: impl FnOnce(&dyn Runtime) -> anyhow::Result<T> + Send + 'static,
        done: impl FnOnce(&mut Keeper, anyhow::Result<T>) + Send + 'static,
    ) {
        let (runtime, events) = (Arc::clone(&self.runtime), self.events.clone());
        thread::spawn(move || {
            let step = move || step(&*runtime);
            let result = bounded(&what, limit, &Interrupt::default(), step);
            let _ = events.send(Event::Done(Box::new(move |keeper| done(keeper, result))));
        });
    }

    fn run(mut self, inbox: &Receiver<Event>) -> anyhow::Result<()> {
        loop {
            let next = self.advance();
            if self.is_over() {
                return self.end();
            }
            match inbox.recv_timeout(next) {
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => self.look_for_folder(),
                Err(RecvTimeoutError::Disconnected) => self.end_unasked(),
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Attached => {
                self.attached += 1;
                self.greeted = true;
            }
            Event::Detached => {
                self.attached = self.attached.saturating_sub(1);
                let record = self.ledger.record();
                let is_kept = self.noted(record.map(|record| record.is_kept()));
                if self.attached == 0 && is_kept != Some(true) {
                    self.end_unasked();
                }
            }
            Event::Signal => self.end_unasked(),
            Event::Done(take_note) => take_note(self),
            Event::Snapshot(reply) => {
                let snapshot = Snapshot {
                    services: self.services.clone(),
                    database_stopped: self.databases.are_stopped(),
                    turn: self.turns.holder(),
                    failure: self.failure.clone().or_else(|| self.ledger.failure()),
                };
                // Whoever asked may be gone.
                let _ = reply.send(snapshot);
            }
            Event::Abandoned => {
                // Nobody clears up once this process has ended.
                if let Some(ending) = &mut self.ending {
                    ending.asked = false;
                }
            }
            Event::Left(suite) => self.bring_back(suite),
            Event::Asked { request, suite, reply } => self.answer(request, suite, reply),
        }
    }

    /// What came of something, if it did not fail: then that is noted.
    ///
    /// Services go on whatever fails here, since tests may be talking to them.
    fn noted<T>(&mut self, done: anyhow::Result<T>) -> Option<T> {
        let error = match done {
            Ok(value) => return Some(value),
            Err(error) => format!("{error:#}"),
        };
        Ui::stderr().error(&error);
        self.failure.get_or_insert(error);
        None
    }

    fn end_unasked(&mut self) {
        self.ending.get_or_insert(ShutdownRequest { force: false, asked: false });
    }

    /// A kept run ends when somebody removes its folder: no command would find it. Of
    /// one that is under way the harness ends it.
    fn look_for_folder(&mut self) {
        if self.attached == 0 && self.greeted && self.ledger.is_removed() {
            self.end_unasked();
        }
    }

    /// Moves on what is under way, and says how long nothing has to be done.
    fn advance(&mut self) -> Duration {
        if let Some(ending) = &self.ending {
            let force = ending.force;
            // Services may have something to write before they end.
            self.databases.restore();
            for name in self.no_longer_needed() {
                self.stop(&name, force);
            }
        }
        self.advance_waits().unwrap_or(FOLDER_INTERVAL)
    }

    /// Running services that no running service needs: a service is stopped
    /// after those that still talk to it.
    fn no_longer_needed(&self) -> Vec<String> {
        let running = || self.services.values().filter(|service| service.is_running());
        running()
            .map(|service| service.spec.service().to_owned())
            .filter(|name| !running().any(|other| other.spec.needs.contains(name)))
            .collect()
    }

    /// Before the harness was heard it is unknown who clears up.
    fn is_over(&self) -> bool {
        self.ending.is_some() && self.greeted && !self.services.values().any(Service::is_running)
    }

    /// Lets go of everything; the end of this process is what others wait for.
    fn end(self) -> anyhow::Result<()> {
        let asked = self.ending.is_some_and(|ending| ending.asked);
        match self.attached == 0 && !asked {
            // Nobody else is left to clear up.
            true => teardown::after_the_harness(&self.folder, &self.ledger),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_before_the_harness_was_heard_leaves_the_clearing_up_to_it() {
        let temp = tempfile::tempdir().unwrap();
        let target = Utf8Path::from_path(temp.path()).unwrap();
        let run_id = uuid::Uuid::now_v7().simple().to_string();
        let run_id = crate::run::RunId::parse(&run_id).unwrap();
        let folder = crate::run::Layout::below(target).run(run_id);
        crate::run::make_folder(folder.path()).unwrap();
        let (events, inbox) = mpsc::channel();
        for event in [Event::Signal, Event::Attached] {
            events.send(event).unwrap();
        }
        let ledger = Ledger::open(folder.path()).unwrap();
        let backend = crate::backend::BackendKind::Process.backend();
        let keeper = Keeper::new(folder.clone(), ledger, backend, events);
        keeper.run(&inbox).unwrap();
        assert!(folder.path().exists());
    }
}
