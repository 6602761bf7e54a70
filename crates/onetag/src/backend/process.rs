//! The `process` backend: services are children of the run's keeper.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use super::{Addresses, Deployed, wiring};
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::build::{CachedExecutable, Compiled};
use crate::keeper::{Client, Launch, Probe, Readiness, ServiceState, wait_until_ready};
use crate::run::{Brand, Reference, Run, RunFolder, make_folder};
use crate::system::signals::Interrupt;
use crate::workspace::{PlannedService, Ready, Service};

/// The backend of the run `'run`: what belongs to another run does not fit.
#[derive(Debug)]
pub struct Process<'run> {
    folder: RunFolder,
    addresses: Addresses,
    _brand: Brand<'run>,
}

/// One running copy of an image.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) name: String,
    /// The process behind it.
    pub(crate) pid: u32,
}

/// What was seen of one replica.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) replica: String,
    pub(crate) digest: Digest,
    /// Where it was seen.
    pub(crate) location: String,
}

impl Replica {
    /// The only copy of a service.
    pub(crate) fn first(service: &str, pid: u32) -> Replica {
        Replica { name: format!("{service}-0"), pid }
    }
}

impl<'run> Process<'run> {
    /// The backend of a run whose keeper holds these addresses.
    pub fn new(run: &Run<'run>, addresses: Addresses) -> Process<'run> {
        Process { folder: run.folder().clone(), addresses, _brand: run.brand() }
    }

    /// Makes sure that the executable cache has what was built.
    pub(crate) fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<()> {
        let executable = compiled.executable();
        let identity = FileIdentity::of_path(&executable.path)
            .with_context(|| format!("the executable cache lost {}", executable.path))?;
        ensure!(
            executable.identity == identity,
            "{} was changed after it was built for {reference}",
            executable.path
        );
        Ok(())
    }

    /// Starts a service and waits until it serves.
    pub(crate) fn start(
        &self,
        reference: &Reference,
        compiled: &Compiled,
        planned: &PlannedService,
        limit: Duration,
        interrupt: &Interrupt,
    ) -> anyhow::Result<(Vec<Replica>, Deployed)> {
        let deployed = self.deployed(reference, compiled, planned)?;
        let launch = self.launch(reference, compiled, planned)?;
        let readiness = launch.readiness.clone();
        let service = &readiness.service;
        let mut keeper = Client::connect(&self.folder)?;
        let id =
            keeper.start(launch).with_context(|| format!("cannot start service `{service}`"))?;
        let state = || Ok(keeper.status()?.services.remove(service));
        wait_until_ready(&readiness, id.pid, state, limit, interrupt)?;
        Ok((vec![Replica::first(service, id.pid)], deployed))
    }

    fn deployed(
        &self,
        reference: &Reference,
        compiled: &Compiled,
        planned: &PlannedService,
    ) -> anyhow::Result<Deployed> {
        let service = &planned.service;
        let url = |port| self.addresses.url(&service.name, port);
        let further = service.ports.keys().map(|port| Ok((port.clone(), url(Some(port))?)));
        Ok(Deployed {
            reference: reference.to_string(),
            generation: reference.tag().generation(),
            digests: *compiled.digests(),
            executable: compiled.executable().clone(),
            readiness: self.readiness(service)?,
            url: service.port.map(|_| url(None)).transpose()?,
            urls: further.collect::<anyhow::Result<_>>()?,
            settings: wiring::settings(planned, self.folder.run_id())?,
        })
    }

    fn launch(
        &self,
        reference: &Reference,
        compiled: &Compiled,
        planned: &PlannedService,
    ) -> anyhow::Result<Launch> {
        let service = &planned.service;
        let name = service.name.as_str();
        let own = wiring::OwnValues {
            image: reference.to_string(),
            run_id: self.folder.run_id(),
            volume: self.folder.volume(name),
            database: self.folder.database(name),
        };
        if service.volume.is_some() {
            make_folder(&own.volume)?;
        }
        let (args, mut environment) = wiring::resolve(planned, &own, &self.addresses)?;
        if let Some(folder) = compiled.library_path() {
            environment.entry("LD_LIBRARY_PATH".to_owned()).or_insert_with(|| folder.to_string());
        }
        Ok(Launch {
            readiness: self.readiness(service)?,
            executable: compiled.executable().path.clone(),
            args,
            environment,
            folder: compiled.files_folder().to_owned(),
            needs: wiring::needs(planned),
            database: wiring::wants_database(planned).then_some(own.database),
        })
    }

    fn readiness(&self, service: &Service) -> anyhow::Result<Readiness> {
        let name = service.name.as_str();
        Ok(Readiness {
            service: name.to_owned(),
            probe: match &service.ready {
                Ready::Http(path) => {
                    Probe::Http { url: format!("{}{path}", self.addresses.url(name, None)?) }
                }
                Ready::Tcp => Probe::Tcp { address: self.addresses.authority(name, None)? },
                Ready::Started => Probe::Started,
            },
            log: self.folder.log(name),
            port: service.port.map(|_| self.addresses.port(name, None)).transpose()?,
            key: format!("`ready` in {}", service.manifest_path),
        })
    }

    /// Stops a service that is to be replaced.
    pub(crate) fn stop(&self, service: &str) -> anyhow::Result<()> {
        Client::connect(&self.folder)?
            .stop(service)
            .with_context(|| format!("cannot stop service `{service}`"))
    }

    /// What replicas really execute, and that the files around them are those of
    /// the image.
    pub(crate) fn witness(
        &self,
        compiled: &Compiled,
        replicas: &[Replica],
    ) -> anyhow::Result<Vec<Seen>> {
        compiled.verify_files()?;
        replicas.iter().map(|replica| see(compiled, replica)).collect()
    }

    /// Whether a replica executes this very file.
    pub(crate) fn executes(replica: &Replica, executable: &CachedExecutable) -> bool {
        executed(replica).is_ok_and(|path| is_file(&path, executable))
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

/// Reads the file behind the process, not the file that was meant: unless it is,
/// by its identity, the very file that was hashed when it was built.
fn see(compiled: &Compiled, replica: &Replica) -> anyhow::Result<Seen> {
    let path = executed(replica)?;
    let location = format!("pid {}", replica.pid);
    let name = &replica.name;
    ensure!(path.exists(), "`{name}`, {location}, ended before it was looked at");
    let executable = compiled.executable();
    let digest = match is_file(&path, executable) {
        true => executable.digest,
        false => hash_file(&path).with_context(|| format!("cannot read what `{name}` executes"))?,
    };
    Ok(Seen { replica: name.clone(), digest, location })
}

fn executed(replica: &Replica) -> anyhow::Result<Utf8PathBuf> {
    let path = crate::system::executable(replica.pid);
    Utf8PathBuf::try_from(path).context("the executable has a path that is not UTF-8")
}

fn is_file(path: &Utf8Path, executable: &CachedExecutable) -> bool {
    FileIdentity::of_path(path).is_ok_and(|identity| identity == executable.identity)
}
