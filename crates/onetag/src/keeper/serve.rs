//! The keeper's loop: one thread decides, others only listen.

use std::collections::BTreeMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::inbox::{Event, listen, listen_for_signals};
use super::protocol::{Launch, Reply, Request, ServiceState};
use super::service::Service;
use crate::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::run::RunFolder;
use crate::sys::{ProcessId, bind_lease};
use crate::teardown;

/// Keeps the run in `folder` until it is shut down.
///
/// Standard input is the listening socket and standard output the run's lock;
/// see [`super::start`].
pub(crate) fn serve(folder: &Utf8Path) -> anyhow::Result<()> {
    let folder = RunFolder::at(folder)?;
    // A session of its own: no Ctrl-C and no hang-up of a terminal comes here.
    rustix::process::setsid().context("cannot start a session")?;
    let ledger = Ledger::open(folder.path())?;
    let id = ProcessId::of(std::process::id()).context("cannot name this process")?;
    ledger.own(Resource::Process { role: Role::Keeper, name: "keeper".to_owned(), id })?;

    let (events, inbox) = mpsc::channel();
    let socket = std::io::stdin().as_fd().try_clone_to_owned().context("no socket was given")?;
    listen(UnixListener::from(socket), events.clone())?;
    listen_for_signals(events.clone())?;
    let keeper = Keeper {
        folder,
        ledger,
        events,
        leases: BTreeMap::new(),
        services: BTreeMap::new(),
        attached: 0,
        stops: Vec::new(),
        ending: None,
    };
    keeper.run(&inbox)
}

struct Keeper {
    folder: RunFolder,
    ledger: Ledger,
    events: Sender<Event>,
    leases: BTreeMap<String, (OwnedFd, u16)>,
    services: BTreeMap<String, Service>,
    /// How many harnesses are connected.
    attached: usize,
    /// Services that are being stopped, and who wants to know.
    stops: Vec<(String, Sender<Reply>)>,
    ending: Option<Ending>,
}

/// The run is to end.
struct Ending {
    /// Services are killed without being asked first.
    hurry: bool,
    /// Somebody asked for it, waits for this process to end, and clears up.
    asked: bool,
}

impl Keeper {
    fn run(mut self, inbox: &Receiver<Event>) -> anyhow::Result<()> {
        loop {
            let next = self.advance()?;
            if self.is_over() {
                return self.end();
            }
            match inbox.recv_timeout(next) {
                Ok(event) => self.handle(event)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.end_unasked(),
            }
        }
    }

    fn handle(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Attached => self.attached += 1,
            Event::Detached => {
                self.attached = self.attached.saturating_sub(1);
                if self.attached == 0 && !Record::read(self.folder.path())?.is_kept() {
                    self.end_unasked();
                }
            }
            Event::Signal => self.end_unasked(),
            Event::ServiceEnded(pid) => {
                for service in self.services.values_mut() {
                    if service.ended(pid, &self.ledger)? {
                        break;
                    }
                }
            }
            Event::Asked(request, reply) => self.answer(request, reply),
        }
        Ok(())
    }

    fn answer(&mut self, request: Request, reply: Sender<Reply>) {
        let answer = match request {
            // The thread of the connection tells of it.
            Request::Attach => Ok(Reply::Done),
            Request::Lease { service, port } => self.lease(service, port),
            Request::Start { launch } => self.start(launch),
            Request::Status => Ok(Reply::Status { services: self.status() }),
            Request::Stop { service } => {
                self.stops.push((service, reply));
                return;
            }
            Request::Shutdown { hurry } => {
                let ending = self.ending.get_or_insert(Ending { hurry, asked: true });
                ending.hurry |= hurry;
                ending.asked = true;
                Ok(Reply::Done)
            }
        };
        let answer = answer.unwrap_or_else(|error| Reply::Refused { reason: format!("{error:#}") });
        // Whoever asked may be gone; that is told by the end of its connection.
        let _ = reply.send(answer);
    }

    fn lease(&mut self, service: String, port: Option<u16>) -> anyhow::Result<Reply> {
        if let Some((_, port)) = self.leases.get(&service) {
            return Ok(Reply::Leased { port: *port });
        }
        let (socket, port) =
            bind_lease(port.unwrap_or(0)).context("cannot get a port of 127.0.0.1")?;
        self.ledger.own(Resource::Lease { service: service.clone(), port })?;
        self.leases.insert(service, (socket, port));
        Ok(Reply::Leased { port })
    }

    fn start(&mut self, launch: Launch) -> anyhow::Result<Reply> {
        let name = launch.service.clone();
        anyhow::ensure!(self.ending.is_none(), "the run is being torn down");
        anyhow::ensure!(
            !self.services.get(&name).is_some_and(Service::is_running),
            "service `{name}` runs already"
        );
        let events = self.events.clone();
        let service = Service::start(launch, self.folder.run_id(), &self.ledger, move |pid| {
            let _ = events.send(Event::ServiceEnded(pid));
        })?;
        let state = service.state();
        self.services.insert(name, service);
        match state {
            ServiceState::Running { id } => Ok(Reply::Started { id }),
            other => anyhow::bail!("the new service {}", other.describe()),
        }
    }

    fn status(&self) -> BTreeMap<String, ServiceState> {
        self.services.iter().map(|(name, service)| (name.clone(), service.state())).collect()
    }

    fn end_unasked(&mut self) {
        self.ending.get_or_insert(Ending { hurry: false, asked: false });
    }

    /// Moves on what is under way, and says how long nothing has to be done.
    fn advance(&mut self) -> anyhow::Result<Duration> {
        let mut next = Duration::from_secs(3600);
        let stops = std::mem::take(&mut self.stops);
        for (name, reply) in stops {
            match self.services.get_mut(&name).map(|service| service.stop(false)).transpose()? {
                Some(Some(deadline)) => {
                    next = next.min(deadline.left());
                    self.stops.push((name, reply));
                }
                Some(None) | None => {
                    let _ = reply.send(Reply::Done);
                }
            }
        }
        if let Some(ending) = &self.ending {
            let hurry = ending.hurry;
            for name in self.no_longer_needed() {
                if let Some(service) = self.services.get_mut(&name)
                    && let Some(deadline) = service.stop(hurry)?
                {
                    next = next.min(deadline.left());
                }
            }
        }
        Ok(next)
    }

    /// Running services that no running service needs: a service is stopped
    /// after those that still talk to it.
    fn no_longer_needed(&self) -> Vec<String> {
        let running = || self.services.values().filter(|service| service.is_running());
        running()
            .map(|service| &service.launch.service)
            .filter(|name| !running().any(|other| other.launch.needs.contains(name)))
            .cloned()
            .collect()
    }

    fn is_over(&self) -> bool {
        self.ending.is_some() && !self.services.values().any(Service::is_running)
    }

    /// Lets go of everything; the end of this process is what others wait for.
    fn end(mut self) -> anyhow::Result<()> {
        for (service, (socket, port)) in std::mem::take(&mut self.leases) {
            drop(socket);
            self.ledger.write(&Entry::Gone { resource: Resource::Lease { service, port } })?;
        }
        let asked = self.ending.is_some_and(|ending| ending.asked);
        if self.attached == 0 && !asked {
            // Nobody else is left to clear up.
            return teardown::after_the_harness(&self.folder);
        }
        Ok(())
    }
}
