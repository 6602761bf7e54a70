//! The keeper's loop: one thread decides, others only listen.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::databases::Databases;
use super::inbox::{Event, listen, listen_for_signals};
use super::outages::Outages;
use super::service::Service;
use super::turns::Turns;
use super::wait::Wait;
use crate::cycle::teardown;
use crate::report::Ui;
use crate::run::RunFolder;
use crate::run::ledger::{Entry, Ledger, Resource, Role};
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
    listen(UnixListener::from(socket), folder.clone(), events.clone())?;
    listen_for_signals(events.clone())?;
    Keeper::new(folder, ledger, events).run(&inbox)
}

/// The keeper of one run. What it answers is in [`super::answer`], what it waits
/// for in [`super::waits`].
pub(super) struct Keeper {
    pub(super) folder: RunFolder,
    pub(super) ledger: Ledger,
    pub(super) events: Sender<Event>,
    pub(super) leases: BTreeMap<String, (OwnedFd, u16)>,
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
    fn new(folder: RunFolder, ledger: Ledger, events: Sender<Event>) -> Keeper {
        Keeper {
            folder,
            ledger,
            events,
            leases: BTreeMap::new(),
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
            Event::ServiceEnded(pid) => {
                let services = self.services.values_mut();
                let ended = services.map(|service| service.ended(pid, &self.ledger));
                for done in ended.collect::<Vec<_>>() {
                    self.noted(done);
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
        let mut next = self.advance_waits().unwrap_or(FOLDER_INTERVAL);
        if let Some(ending) = &self.ending {
            let force = ending.force;
            // Services may have something to write before they end.
            self.databases.restore();
            for name in self.no_longer_needed() {
                let Some(service) = self.services.get_mut(&name) else { continue };
                let stopping = service.stop(force);
                if let Some(Some(deadline)) = self.noted(stopping) {
                    next = next.min(deadline.left());
                }
            }
        }
        next
    }

    /// Running services that no running service needs: a service is stopped
    /// after those that still talk to it.
    fn no_longer_needed(&self) -> Vec<String> {
        let running = || self.services.values().filter(|service| service.is_running());
        running()
            .map(|service| service.launch.service().to_owned())
            .filter(|name| !running().any(|other| other.launch.needs.contains(name)))
            .collect()
    }

    /// Before the harness was heard it is unknown who clears up.
    fn is_over(&self) -> bool {
        self.ending.is_some() && self.greeted && !self.services.values().any(Service::is_running)
    }

    /// Lets go of everything; the end of this process is what others wait for.
    fn end(mut self) -> anyhow::Result<()> {
        for (service, (socket, port)) in std::mem::take(&mut self.leases) {
            drop(socket);
            // A port that was let go of is found to be so by everybody.
            let _ = self.ledger.write(&Entry::Gone { resource: Resource::Lease { service, port } });
        }
        let asked = self.ending.is_some_and(|ending| ending.asked);
        if self.attached == 0 && !asked && !self.ledger.is_removed() {
            // Nobody else is left to clear up.
            return teardown::after_the_harness(&self.folder);
        }
        Ok(())
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
        let keeper = Keeper::new(folder.clone(), ledger, events);
        keeper.run(&inbox).unwrap();
        assert!(folder.path().exists());
    }
}
