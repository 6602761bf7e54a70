//! Questions that change nothing. They are answered on the thread of the connection
//! that asks: a backend that takes its time keeps nobody else waiting.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::inbox::Event;
use super::protocol::{Polled, Reply, Request, ServiceState, Status};
use super::ready::greets_http2;
use super::service::{Service, Step};
use crate::backend::{Instance, Probe, Runtime, Seen, State};
use crate::run::RunFolder;
use crate::system::signals::Interrupt;
use crate::system::wait::{bounded, side_by_side};
use crate::workspace::Ready;

/// How long the backend may take to tell a state; less than whoever asks waits.
const STATE_LIMIT: Duration = Duration::from_secs(8);

/// How long a server of HTTP/2 may take to greet.
const GREETING: Duration = Duration::from_millis(500);

/// What is asked of the runtime without the keeper's loop.
#[derive(Clone)]
pub(super) struct Queries {
    pub(super) folder: RunFolder,
    pub(super) runtime: Arc<dyn Runtime>,
    /// How long one step of the runtime may take.
    pub(super) limit: Duration,
    pub(super) events: Sender<Event>,
}

/// What the keeper has.
pub(super) struct Snapshot {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) database_stopped: bool,
    pub(super) turn: Option<String>,
    pub(super) failure: Option<String>,
}

impl Queries {
    /// The answer to a question; none if it is for the keeper's loop, and none within
    /// when that has ended.
    pub(super) fn answer(&self, request: &Request) -> Option<Option<Reply>> {
        if !request.is_question() {
            return None;
        }
        let (reply, snapshot) = mpsc::channel();
        let _ = self.events.send(Event::Snapshot(reply));
        let Ok(snapshot) = snapshot.recv() else { return Some(None) };
        let answer = match request {
            Request::Poll { service, limit, advise } => {
                find(&snapshot, service).and_then(|service| self.poll(service, *limit, *advise))
            }
            Request::Witness { services } => self.witness(&snapshot, services),
            Request::CollectLogs { service } => self.collect_logs(&snapshot, service.as_deref()),
            Request::CopyOut { service, from, to } => self.copy_out(service, from, to),
            _ => Ok(self.status(&snapshot)),
        };
        Some(Some(answer.unwrap_or_else(|error| Reply::refused(&error))))
    }

    fn status(&self, snapshot: &Snapshot) -> Reply {
        // Side by side: each may take its time.
        let services = std::thread::scope(|scope| {
            let states = snapshot
                .services
                .iter()
                .map(|(name, service)| (name.clone(), scope.spawn(move || self.state(service))));
            let states: Vec<_> = states.collect();
            let unknown = || ServiceState::Unknown { why: "the thread that asks ended".to_owned() };
            let state = |(name, state): (String, std::thread::ScopedJoinHandle<'_, _>)| {
                (name, state.join().unwrap_or_else(|_| unknown()))
            };
            states.into_iter().map(state).collect()
        });
        let Snapshot { database_stopped, turn, failure, .. } = snapshot;
        let (turn, failure) = (turn.clone(), failure.clone());
        let database_stopped = *database_stopped;
        Reply::Status { status: Status { services, database_stopped, turn, failure } }
    }

    fn state(&self, service: &Service) -> ServiceState {
        let instance = match (service.step, &service.instance, &service.stuck) {
            (_, _, Some(why)) => return ServiceState::Unknown { why: why.clone() },
            (Step::Starting, ..) => {
                return ServiceState::Starting { why: "it is being started".to_owned() };
            }
            (Step::Terminating | Step::Killing, ..) => return ServiceState::Stopping,
            (Step::Nothing, None, _) => return ServiceState::Stopped,
            (Step::Nothing, Some(instance), _) => instance.clone(),
        };
        let what = format!("asking for the state of service `{}`", instance.service);
        let limit = self.limit.min(STATE_LIMIT);
        match self.bounded(&what, limit, move |runtime| runtime.state(&instance)) {
            Err(error) => ServiceState::Unknown { why: format!("{error:#}") },
            Ok(State::Ended(why)) => ServiceState::Ended { why },
            Ok(State::Starting(why)) => ServiceState::Starting { why },
            Ok(State::Running(replicas)) if service.paused => ServiceState::Paused { replicas },
            Ok(State::Running(replicas)) => {
                let generation = service.spec.generation;
                ServiceState::Running { start: service.start, generation, replicas }
            }
        }
    }

    /// A service that ends meanwhile is noticed at once: another process may answer
    /// in its place, so the state is looked at last.
    fn poll(&self, service: &Service, limit: Duration, advise: bool) -> anyhow::Result<Reply> {
        let name = service.spec.service();
        let (mut pending, mut refused, mut hints) = (None, false, Vec::new());
        let mut obstacle = None;
        if let Some(instance) = service.instance.clone() {
            let ready = service.spec.ready.clone();
            let what = format!("asking service `{name}` whether it is ready");
            let asked = instance.clone();
            let probe = move |runtime: &dyn Runtime| runtime.probe(&asked, &ready, limit);
            pending = match self.bounded(&what, limit + self.limit.min(STATE_LIMIT), probe)? {
                Probe::Ready => None,
                Probe::Pending(seen) => Some(seen),
                Probe::Refused(seen) => {
                    refused = true;
                    Some(seen)
                }
            };
            if advise {
                let ready = &service.spec.ready;
                obstacle = pending.as_ref().and_then(|_| self.obstacle(&instance, ready));
                hints = self.advise(instance)?;
            }
        }
        let state = self.state(service);
        // A service that ended says itself why.
        if advise && !matches!(state, ServiceState::Ended { .. }) {
            hints.push(format!("{} says when it is ready", service.spec.ready_key));
        }
        Ok(Reply::Polled { polled: Polled { state, pending, refused, obstacle, hints } })
    }

    /// What is in the way of a service, where the backend knows it, or that it speaks
    /// HTTP/2 only.
    fn obstacle(&self, instance: &Instance, ready: &Ready) -> Option<String> {
        let what = format!("looking at service `{}`", instance.service);
        let (asked, ready) = (instance.clone(), ready.clone());
        let look = move |runtime: &dyn Runtime| {
            if let Some(obstacle) = runtime.obstacle(&asked) {
                return Ok(Some(obstacle));
            }
            let Ready::Http(_) = ready else { return Ok(None) };
            let (address, service) = (runtime.reach(&asked, None)?, &asked.service);
            Ok(greets_http2(address, GREETING).then(|| {
                format!("`{service}` speaks HTTP/2 only at {address}: ready = \"tcp\" suits it")
            }))
        };
        // Without it there is less to tell.
        self.bounded(&what, self.limit.min(STATE_LIMIT), look).ok().flatten()
    }

    fn advise(&self, instance: Instance) -> anyhow::Result<Vec<String>> {
        self.collect(&instance)?;
        let what = format!("looking at service `{}`", instance.service);
        let advise = move |runtime: &dyn Runtime| Ok(runtime.advise(&instance));
        self.bounded(&what, self.limit.min(STATE_LIMIT), advise)
    }

    /// What all replicas of these services run.
    fn witness(&self, snapshot: &Snapshot, services: &[String]) -> anyhow::Result<Reply> {
        let cannot_see = |service: &str| format!("cannot see what service `{service}` runs");
        let instance = |name: &String| {
            let service = find(snapshot, name)?;
            ensure!(service.step == Step::Nothing, "it is being started or stopped");
            service.instance.clone().context("it does not run")
        };
        let instances = services.iter();
        let instances = instances.map(|name| instance(name).with_context(|| cannot_see(name)));
        let instances = instances.collect::<anyhow::Result<Vec<Instance>>>()?;
        let what = format!("looking at what runs of `{}`", services.join("`, `"));
        let looked_at = self.bounded(&what, self.limit, move |runtime| {
            let seen = runtime.witness_all(&instances)?;
            let states = side_by_side(&instances, |instance| Ok(runtime.state(instance)))?;
            Ok(seen.into_iter().zip(states).collect::<Vec<_>>())
        })?;
        let seen = services.iter().zip(looked_at).map(|(name, (seen, state))| {
            let seen = seen.and_then(|seen| all_seen(seen, &state?));
            Ok((name.clone(), seen.with_context(|| cannot_see(name))?))
        });
        Ok(Reply::Witnessed { seen: seen.collect::<anyhow::Result<_>>()? })
    }

    /// Of one service or of all; each that can be had, whatever the others do.
    fn collect_logs(&self, snapshot: &Snapshot, only: Option<&str>) -> anyhow::Result<Reply> {
        let instances = snapshot.services.values().filter_map(|service| service.instance.as_ref());
        let meant = |instance: &&Instance| only.is_none_or(|only| instance.service == only);
        side_by_side(instances.filter(meant), |instance| self.collect(instance))?;
        Ok(Reply::Done)
    }

    fn collect(&self, instance: &Instance) -> anyhow::Result<()> {
        let (instance, log) = (instance.clone(), self.folder.log(&instance.service));
        let what = format!("collecting the log of service `{}`", instance.service);
        let collect = move |runtime: &dyn Runtime| runtime.collect_logs(&instance, &log);
        self.bounded(&what, self.limit.min(STATE_LIMIT), collect)
    }

    /// Only out of the volume: what lies elsewhere is another file on each backend.
    fn copy_out(&self, service: &str, from: &str, to: &str) -> anyhow::Result<Reply> {
        let what = format!("copying {from} out of service `{service}`");
        let [service, from, to] = [service, from, to].map(str::to_owned);
        let copy = move |runtime: &dyn Runtime| {
            runtime.copy_out(&service, from.as_str().into(), to.as_str().into())
        };
        self.bounded(&what, self.limit, copy)?;
        Ok(Reply::Done)
    }

    fn bounded<T: Send + 'static>(
        &self,
        what: &str,
        limit: Duration,
        step: impl FnOnce(&dyn Runtime) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let runtime = Arc::clone(&self.runtime);
        bounded(what, limit, &Interrupt::default(), move || step(&*runtime))
    }
}

/// What was seen, where that are all replicas.
fn all_seen(seen: Vec<Seen>, state: &State) -> anyhow::Result<Vec<Seen>> {
    let running = match state {
        State::Running(replicas) => replicas,
        State::Starting(why) => bail!("{why}"),
        State::Ended(why) => bail!("it {why}"),
    };
    let is_seen = |name: &str| seen.iter().any(|seen| seen.replica.name == name);
    if let Some(unseen) = running.iter().find(|replica| !is_seen(&replica.name)) {
        bail!("its replica {unseen} was not looked at");
    }
    Ok(seen)
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> anyhow::Result<&'a Service> {
    snapshot.services.get(name).with_context(|| format!("service `{name}` was never started"))
}
