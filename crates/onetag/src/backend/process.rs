//! The `process` backend: services are children of the run's keeper.

use std::process::Child;
use std::time::Duration;

use anyhow::Context as _;

use super::{Addresses, Deployed, wiring};
use crate::build::CachedExecutable;
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::keeper::{self, Attachment, Client, Launch, ServiceState, wait_until_ready};
use crate::phase::{Built, Image, Loaded, Replica, Running};
use crate::run::{MintedRun, Run, RunFolder, make_folder};
use crate::system::signals::Interrupt;
use crate::workspace::{Plan, PlannedService, Ready};

/// The backend of the run `'run`: what belongs to another run does not fit.
#[derive(Debug)]
pub struct Process<'run> {
    folder: RunFolder,
    addresses: Addresses,
    _brand: crate::run::Brand<'run>,
}

/// The keeper of a run, for as long as the harness is attached to it.
#[derive(Debug)]
pub(crate) struct Keeper {
    child: Child,
    _attachment: Attachment,
}

impl Keeper {
    /// Phase 2: starts the keeper of a run and has it hold a port for every
    /// service of the plan; the same as before where a kept run is taken up
    /// again.
    pub(crate) fn start(
        minted: &MintedRun,
        plan: &Plan,
        before: impl Fn(&str) -> Option<u16>,
    ) -> anyhow::Result<(Keeper, Addresses)> {
        let (child, attachment) = keeper::start(minted.folder(), minted.ledger(), minted.lock())?;
        let keeper = Keeper { child, _attachment: attachment };
        match lease(minted.folder(), plan, before) {
            Ok(addresses) => Ok((keeper, addresses)),
            Err(error) => {
                // Told to, it leaves the clearing up to the harness; left alone,
                // it would do that at the same time.
                let told = Client::connect(minted.folder())
                    .and_then(|it| it.shutdown(&Interrupt::default()));
                told.and_then(|()| keeper.reap())?;
                Err(error)
            }
        }
    }

    /// Waits for the keeper, which was told to end, so that it is not left as a
    /// zombie for as long as the harness goes on with other runs.
    pub(crate) fn reap(mut self) -> anyhow::Result<()> {
        self.child.wait().context("cannot wait for the keeper")?;
        Ok(())
    }
}

/// Asks the keeper for a port for every service of the plan.
pub(crate) fn lease(
    folder: &RunFolder,
    plan: &Plan,
    before: impl Fn(&str) -> Option<u16>,
) -> anyhow::Result<Addresses> {
    let mut keeper = Client::connect(folder)?;
    let mut addresses = Addresses::default();
    for planned in plan.services() {
        let name = planned.service.name.as_str();
        let port = before(name);
        let leased = keeper.lease(name, port).with_context(|| match port {
            Some(port) => format!("port {port} of service `{name}` is taken by somebody else now"),
            None => format!("no port for service `{name}`"),
        })?;
        addresses.insert(name, leased);
    }
    Ok(addresses)
}

impl<'run> Process<'run> {
    /// The backend of a run whose keeper holds these addresses.
    pub fn new(run: &Run<'run>, addresses: Addresses) -> Process<'run> {
        Process { folder: run.folder().clone(), addresses, _brand: run.brand() }
    }

    /// Phase 3: makes sure that the store has the image's executable.
    ///
    /// Errors: it is gone from the store, or was changed since it was built.
    pub fn load(&self, image: Image<'run, Built>) -> anyhow::Result<Image<'run, Loaded>> {
        let stored = image.stored();
        let identity = FileIdentity::of_path(&stored.path)
            .with_context(|| format!("the store lost {}", stored.path))?;
        anyhow::ensure!(
            stored.identity == identity,
            "{} was changed after it was built",
            stored.path
        );
        Ok(image.loaded())
    }

    /// Phase 4: starts a service and waits until it serves.
    ///
    /// Services that it needs have to be ready before, and `planned` has to be
    /// the service of the image.
    ///
    /// Errors: it does not start, ends, or is not ready within `limit`; then with
    /// its last words. `interrupt` ends the wait.
    pub fn deploy(
        &self,
        image: Image<'run, Loaded>,
        planned: &PlannedService,
        limit: Duration,
        interrupt: &Interrupt,
    ) -> anyhow::Result<(Image<'run, Running>, Deployed)> {
        let service = &planned.service;
        let name = service.name.as_str();
        let reference = image.reference().clone();
        anyhow::ensure!(
            reference.service() == name,
            "{reference} was to be deployed as service `{name}`"
        );
        let folder = self.folder.volume(name);
        make_folder(&folder)?;
        let (port, url) = (self.addresses.port(name)?, self.addresses.url(name)?);
        let launch = Launch {
            service: name.to_owned(),
            executable: image.stored().path.clone(),
            environment: wiring::environment(planned, &reference, &self.folder, &self.addresses)?,
            folder,
            log: self.folder.log(name),
            needs: wiring::needs(planned),
            port,
            ready: match &service.ready {
                Ready::Http(path) => format!("{url}{path}"),
                Ready::Tcp | Ready::Started => anyhow::bail!("only HTTP is supported yet"),
            },
            database: wiring::database(planned, &self.folder),
        };
        let deployed = Deployed {
            reference: reference.to_string(),
            generation: reference.tag().generation(),
            digests: *image.digests(),
            stored: image.stored().clone(),
            url,
            port,
            ready: service.ready.clone(),
            variables: wiring::variables(planned),
            launch,
        };
        let replica = self.start(&deployed, limit, interrupt)?;
        Ok((image.running(vec![replica], deployed.url.clone()), deployed))
    }

    /// Starts a service as it was deployed, and waits until it serves.
    pub(crate) fn start(
        &self,
        deployed: &Deployed,
        limit: Duration,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Replica> {
        let launch = &deployed.launch;
        let mut keeper = Client::connect(&self.folder)?;
        let id = keeper
            .start(launch.clone())
            .with_context(|| format!("cannot start service `{}`", launch.service))?;
        let state = || Ok(keeper.status()?.services.remove(&launch.service));
        wait_until_ready(launch, id.pid, state, limit, interrupt)?;
        Ok(Replica::first(&launch.service, id.pid))
    }

    /// Stops a service that is to be replaced.
    pub(crate) fn stop(&self, service: &str) -> anyhow::Result<()> {
        Client::connect(&self.folder)?
            .stop(service)
            .with_context(|| format!("cannot stop service `{service}`"))
    }

    /// Phase 5: the digest of what a replica really executes, and where it was
    /// seen.
    ///
    /// The file behind the process is read, not the file that was meant: unless
    /// it is, by its identity, the very file that was hashed when it was built.
    pub(crate) fn digest_of(
        image: &Image<'run, Running>,
        replica: &Replica,
    ) -> anyhow::Result<(Digest, String)> {
        let executable = camino::Utf8PathBuf::try_from(crate::system::executable(replica.pid))
            .context("the executable has a path that is not UTF-8")?;
        let location = format!("process {}", replica.pid);
        let identity = FileIdentity::of_path(&executable).with_context(|| {
            format!("`{}`, {location}, ended before it was looked at", replica.name)
        })?;
        let stored = image.stored();
        if stored.identity == identity {
            return Ok((stored.digest, location));
        }
        let digest = hash_file(&executable)
            .with_context(|| format!("cannot read what `{}` executes", replica.name))?;
        Ok((digest, location))
    }

    /// Whether a replica executes this very file.
    pub(crate) fn executes(replica: &Replica, stored: &CachedExecutable) -> bool {
        camino::Utf8PathBuf::try_from(crate::system::executable(replica.pid))
            .is_ok_and(|path| FileIdentity::of_path(&path).is_ok_and(|it| it == stored.identity))
    }

    /// The process of a service, if it runs.
    pub(crate) fn replica(folder: &RunFolder, service: &str) -> anyhow::Result<Option<Replica>> {
        let state = Client::connect(folder)?.status()?.services.remove(service);
        Ok(match state {
            Some(ServiceState::Running { id }) => Some(Replica::first(service, id.pid)),
            _ => None,
        })
    }
}
