//! The backend of one run, as the phases see it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};

use super::addresses::url;
use super::plan::Address;
use super::spec::SpecSource;
use super::{
    Addresses, Backend, BackendKind, Deployed, EarlyLoads, Expected, ImageStore, Seen, ServiceSpec,
    StoredImage, lock, wiring,
};
use crate::build::Compiled;
use crate::database::fill;
use crate::keeper::{
    Client, ReadyWait, ServiceState, StartedService, quote_log_of, wait_until_ready,
};
use crate::run::{Brand, Reference, Run, RunFolder};
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;
use crate::workspace::{PlannedService, Ready};

/// How often a service that is ready is looked at while others are not.
const STATE_INTERVAL: Duration = Duration::from_millis(250);

/// The backend of the run `'run`: what belongs to another run does not fit.
#[derive(Debug)]
pub struct RunBackend<'run> {
    kind: BackendKind,
    folder: RunFolder,
    addresses: Addresses,
    /// The names of images that were loaded, by service.
    loaded: Mutex<BTreeMap<String, String>>,
    /// What was loaded while suites were built.
    early: Mutex<EarlyLoads>,
    _brand: Brand<'run>,
}

impl<'run> RunBackend<'run> {
    /// The backend of a run whose keeper has prepared these addresses.
    pub fn new(run: &Run<'run>, addresses: Addresses) -> RunBackend<'run> {
        let kind = run.minted().backend();
        let (folder, loaded, early) = (run.folder().clone(), Mutex::default(), Mutex::default());
        RunBackend { kind, folder, addresses, loaded, early, _brand: run.brand() }
    }

    /// The same, with what was loaded already.
    pub(crate) fn with_early_loads(self, early: EarlyLoads) -> RunBackend<'run> {
        RunBackend { early: Mutex::new(early), ..self }
    }

    /// What suites can ask for.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &String> {
        self.addresses.capabilities.iter()
    }

    /// Puts what was built into the image store, under its name.
    pub(crate) fn load(
        &self,
        reference: &Reference,
        compiled: &Compiled,
        interrupt: &Interrupt,
    ) -> anyhow::Result<StoredImage> {
        let early = lock(&self.early).take(reference.service());
        let load = || load_image(self.kind, &self.folder, reference, compiled, interrupt);
        let stored = early.unwrap_or_else(load)?;
        ensure!(
            compiled.digests().contains(&stored.digest),
            "{reference} is {} in the image store of `{}`, and not what was built",
            stored.digest,
            self.kind.name()
        );
        lock(&self.loaded).insert(reference.service().to_owned(), reference.to_string());
        Ok(stored)
    }

    /// How a service is started.
    pub(crate) fn spec(
        &self,
        reference: &Reference,
        image: &StoredImage,
        planned: &PlannedService,
    ) -> anyhow::Result<ServiceSpec> {
        let loaded = lock(&self.loaded);
        SpecSource {
            kind: self.kind,
            run_id: self.folder.run_id(),
            addresses: &self.addresses,
            references: &loaded,
            is_preview: false,
        }
        .spec(reference, image, planned)
    }

    /// Makes the databases of these services on their server.
    pub(crate) fn fill_databases(&self, services: &[&str]) -> anyhow::Result<()> {
        let access = self.addresses.database.as_ref().context("no database was prepared")?;
        fill(&self.folder, self.kind, access, services)
    }

    /// Has services started that do not need each other.
    pub(crate) fn start(
        &self,
        level: Vec<ServiceSpec>,
    ) -> anyhow::Result<BTreeMap<String, StartedService>> {
        Client::connect(&self.folder)?.start(level, self.kind.backend().step_limit)
    }

    /// Waits until services that were started are ready. The first that fails ends the
    /// wait for the others.
    pub(crate) fn wait_until_all_ready<'a>(
        &self,
        started: impl IntoIterator<Item = &'a StartedService>,
        waiting: &ReadyWait<'_>,
    ) -> anyhow::Result<()> {
        let started: Vec<&StartedService> = started.into_iter().collect();
        let failed = AtomicBool::new(false);
        let abandoned = || failed.load(Ordering::Relaxed);
        let (unready, changed) = (Mutex::new(started.len()), Condvar::new());
        let wait = |started: &StartedService| {
            let waited = wait_until_ready(started, &self.folder, &abandoned, waiting);
            failed.fetch_or(waited.is_err(), Ordering::Relaxed);
            let mut left = unready.lock().unwrap_or_else(PoisonError::into_inner);
            *left -= 1;
            changed.notify_all();
            waited?;
            // One that is ready has to stay so as long as others are waited for.
            while *left > 0 && !abandoned() {
                let waited = changed.wait_timeout(left, STATE_INTERVAL);
                let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                left = guard;
                if timeout.timed_out() {
                    drop(left);
                    let stays = self.stays_ready(started);
                    left = unready.lock().unwrap_or_else(PoisonError::into_inner);
                    if stays.is_err() {
                        failed.store(true, Ordering::Relaxed);
                        changed.notify_all();
                        return stays;
                    }
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let wait = |started| scope.spawn(move || wait(started));
            let waits: Vec<_> = started.iter().copied().map(wait).collect();
            let waits = waits.into_iter().map(|wait| {
                wait.join().unwrap_or_else(|_| Err(anyhow!("a thread that waits ended")))
            });
            // What failed first, and not who was waited for beside it.
            let (abandoned, failed): (Vec<_>, Vec<_>) =
                waits.filter_map(Result::err).partition(|error| error.is::<Abandoned>());
            failed.into_iter().chain(abandoned).next().map_or(Ok(()), Err)
        })
    }

    /// Looks whether a service that was ready runs.
    fn stays_ready(&self, started: &StartedService) -> anyhow::Result<()> {
        let name = &started.service;
        let mut status = Client::connect(&self.folder)?.status()?;
        match status.services.remove(name) {
            Some(ServiceState::Running { start, .. }) if start == started.start => Ok(()),
            state => {
                let gone = state.map_or("is gone".to_owned(), |state| state.predicate());
                let log = quote_log_of(&self.folder, name);
                bail!("service `{name}` {gone} while others were waited for{log}")
            }
        }
    }

    /// The record of a service that was started.
    pub(crate) fn deployed(
        &self,
        reference: &Reference,
        (digests, version): (Expected, Option<String>),
        planned: &PlannedService,
        started: &StartedService,
    ) -> anyhow::Result<Deployed> {
        let name = &planned.service.name;
        let address = |port: Option<&str>, reached: SocketAddr| {
            let internal_url = self.addresses.internal_url(planned, name, port)?;
            let url = url(planned, name, port, &reached.to_string())?;
            anyhow::Ok(Address { url, internal_url })
        };
        let ports = started.ports.iter();
        let ports = ports.map(|(port, reached)| Ok((port.clone(), address(Some(port), *reached)?)));
        Ok(Deployed {
            reference: reference.to_string(),
            generation: reference.tag().generation(),
            digests,
            version,
            address: started.own.map(|reached| address(None, reached)).transpose()?,
            ports: ports.collect::<anyhow::Result<_>>()?,
            settings: wiring::settings(planned, self.kind, self.folder.run_id())?,
        })
    }

    /// Stops a service that is to be replaced.
    pub(crate) fn stop(&self, service: &str) -> anyhow::Result<()> {
        let Backend { step_limit, grace, .. } = self.kind.backend();
        Client::connect(&self.folder)?
            .stop(service, *grace + *step_limit)
            .with_context(|| format!("cannot stop service `{service}`"))
    }

    /// What the replicas of these services really run.
    pub(crate) fn witness(
        &self,
        services: Vec<String>,
    ) -> anyhow::Result<BTreeMap<String, Vec<Seen>>> {
        Client::connect(&self.folder)?.witness(services, self.kind.backend().step_limit)
    }
}

/// Another service failed meanwhile.
#[derive(Debug, thiserror::Error)]
#[error("another service failed meanwhile")]
pub(crate) struct Abandoned;

/// What is waited for until a service is ready, in words.
pub(crate) fn waiting_for(ready: &Ready) -> String {
    match ready {
        Ready::Http(path) => format!("waiting for {path}"),
        Ready::Tcp => "waiting for its port".to_owned(),
        Ready::Started => "waiting for its process".to_owned(),
        Ready::Postgres => "waiting for the server to let clients in".to_owned(),
    }
}

/// Puts what was built into the image store of a backend, under its name.
pub(super) fn load_image(
    kind: BackendKind,
    folder: &RunFolder,
    reference: &Reference,
    compiled: &Compiled,
    interrupt: &Interrupt,
) -> anyhow::Result<StoredImage> {
    let backend = kind.backend();
    let images: Arc<dyn ImageStore> = (backend.images)(folder).into();
    let what = format!("loading {reference}");
    let work = {
        let (reference, compiled) = (reference.clone(), compiled.clone());
        move || images.load(&reference, &compiled)
    };
    bounded(&what, backend.step_limit, interrupt, work)
        .with_context(|| format!("cannot load {reference}"))
}
