//! What runs in an engine, and asking for it; in the keeper.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_control::Capability;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signal_hook::consts::SIGTERM;

use super::client::{Client, readable, shared_folder};
use super::container::{CONFIG, ContainerInfo, DATABASE, arguments, inside};
use super::dialect::Dialect;
use super::images::EngineImage;
use super::logs::Collected;
use super::remains;
use super::{
    CONTAINER, LABEL_RUN, LABEL_TARGET, NETWORK, container_name, network_name, normalized,
};
use crate::backend::leases::Leases;
use crate::backend::{
    Endpoint, Instance, Prepared, Probe, Replica, Runtime, Seen, ServiceAddresses, ServicePorts,
    ServiceSpec, State, Stop, lock,
};
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::keeper::ask;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{BackendResource, Entry, Ledger};
use crate::system::wait::side_by_side;
use crate::system::{ProcessId, handles, listening_in};
use crate::workspace::Ready;

/// The address on which a service in a container is reached from outside of it.
const ALL_INTERFACES: &str = "0.0.0.0";

/// Where docker answers for names in the network of each container.
const DOCKER_DNS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// The runtime of a run in an engine.
#[derive(Debug)]
pub(super) struct EngineRuntime {
    dialect: &'static Dialect,
    folder: RunFolder,
    leases: Leases,
    client: Mutex<Option<Client>>,
    started: Mutex<BTreeMap<String, Started>>,
}

/// A container that this keeper started.
#[derive(Debug)]
struct Started {
    ports: ServicePorts,
    image: EngineImage,
    /// What it has to run, by a digest that the witness expects.
    digest: Digest,
    /// Its first process, where that is one of this machine's.
    process: Option<ProcessId>,
    collected: std::sync::Arc<Mutex<Collected>>,
    paused: bool,
}

/// What was prepared for a run.
#[derive(Debug, Default, Deserialize, Serialize)]
struct EnginePrepared {
    network: String,
    /// On 127.0.0.1, by service and port.
    ports: BTreeMap<String, u16>,
}

impl EngineRuntime {
    pub(super) fn new(dialect: &'static Dialect, folder: &RunFolder) -> EngineRuntime {
        EngineRuntime {
            dialect,
            folder: folder.clone(),
            leases: Leases::default(),
            client: Mutex::default(),
            started: Mutex::default(),
        }
    }

    /// The engine of the run; none if nothing was ever prepared.
    fn pinned(&self) -> anyhow::Result<Option<Client>> {
        let mut client = lock(&self.client);
        if client.is_none() {
            *client = Client::pinned(self.dialect, &self.folder)?;
        }
        Ok(client.clone())
    }

    fn client(&self) -> anyhow::Result<Client> {
        self.pinned()?.context("nothing was prepared")
    }

    fn started(&self) -> MutexGuard<'_, BTreeMap<String, Started>> {
        lock(&self.started)
    }

    /// Opens what an earlier keeper prepared: its containers go, and are started anew.
    fn open_again(&self, client: &Client, ledger: &Ledger) -> anyhow::Result<()> {
        for name in remains::containers(client, self.folder.run_id())? {
            remains::remove_container(client, &name)?;
            let prefix = container_name(self.folder.run_id(), "");
            let service = name.strip_prefix(&prefix).unwrap_or(&name);
            ledger.released(&BackendResource::new(CONTAINER, service, json!(name)))?;
        }
        Ok(())
    }

    fn make_network(&self, client: &Client, name: &str, ledger: &Ledger) -> anyhow::Result<()> {
        if client
            .inspect::<serde_json::Value>("network", &[name])?
            .is_some_and(|all| !all.is_empty())
        {
            return Ok(());
        }
        ledger.owns(&BackendResource::new(NETWORK, "run", json!(name)))?;
        let run = format!("{LABEL_RUN}={}", self.folder.run_id());
        let target = format!("{LABEL_TARGET}={}", self.folder.layout().base());
        let arguments = ["network", "create", "--label", &run, "--label", &target, name];
        client.work(arguments, &BTreeMap::new(), ledger).map(drop)
    }

    fn start_one(&self, spec: &ServiceSpec, ledger: &Ledger) -> anyhow::Result<Instance> {
        let client = self.client()?;
        let service = spec.service();
        let name = container_name(spec.run_id, service);
        let owned = BackendResource::new(CONTAINER, service, json!(name));
        if self.started().remove(service).is_some() {
            remains::remove_container(&client, &name)?;
            // The next one is made after its image, and has to go before that.
            ledger.released(&owned)?;
            remains::release_images(&client, service, &spec.reference, ledger)?;
        }
        if spec.ports.volume.is_some() {
            shared_folder(&self.folder.volume(service))?;
        }
        if spec.database {
            shared_folder(&self.folder.database_folder(service))?;
        }
        self.folder.write_config(service, &spec.config)?;
        if !spec.config.is_empty() {
            readable(&self.folder.config(service))?;
        }
        let image: EngineImage = serde_json::from_value(spec.image.details.clone())?;
        let port = |port: Option<&str>| self.leases.port(service, port);
        let run = arguments(&client, &self.folder, &name, spec, &image, port)?;
        let secrets = run.secrets.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        ledger.owns(&owned)?;
        client.work(run.arguments.iter().map(String::as_str), &secrets.collect(), ledger)?;
        let pid = self.info(&client, &name)?.map_or(0, |info| info.state.pid);
        let is_here = client.pinned.info.is_here() && pid != 0;
        let process = is_here.then(|| ProcessId::of(pid).ok()).flatten();
        let (ports, collected) = (spec.ports.clone(), Default::default());
        let digest = spec.image.digest;
        let started = Started { ports, image, digest, process, collected, paused: false };
        self.started().insert(service.to_owned(), started);
        Ok(Instance { service: service.to_owned(), id: json!(name) })
    }

    fn info(&self, client: &Client, name: &str) -> anyhow::Result<Option<ContainerInfo>> {
        Ok(client.inspect("container", &[name])?.and_then(|mut found: Vec<_>| found.pop()))
    }

    fn replica(&self, instance: &Instance) -> anyhow::Result<Replica> {
        let location = format!("container {}", container(instance)?);
        Ok(Replica { name: format!("{}-0", instance.service), location })
    }

    /// Where the first process of a container listens, by its own account.
    fn listens(&self, instance: &Instance) -> Option<Vec<SocketAddr>> {
        let process = self.started().get(&instance.service)?.process.clone()?;
        let mut listens = listening_in(process.pid);
        listens.retain(|address| address.ip() != DOCKER_DNS);
        Some(listens)
    }
}

/// The name of a container.
fn container(instance: &Instance) -> anyhow::Result<&str> {
    instance.id.as_str().context("a container has a name")
}

impl Runtime for EngineRuntime {
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared> {
        let before: EnginePrepared = match before {
            Some(Prepared(before)) => serde_json::from_value(before.clone())?,
            None => EnginePrepared::default(),
        };
        if self.pinned()?.is_none() {
            *lock(&self.client) = Some(Client::pin(self.dialect, &self.folder)?);
        }
        let client = self.client()?;
        if self.leases.are_none() && !before.network.is_empty() {
            self.open_again(&client, ledger)?;
        }
        let network = network_name(self.folder.run_id());
        self.make_network(&client, &network, ledger)?;
        let ports = self.leases.prepare(services, &before.ports, ledger)?;
        Ok(Prepared(serde_json::to_value(EnginePrepared { network, ports })?))
    }

    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses> {
        let name = &service.service;
        let endpoint = |port: Option<&str>| {
            let port = inside(service, port)?;
            let listen = format!("{ALL_INTERFACES}:{port}");
            anyhow::Ok(Endpoint { listen, internal: format!("{name}:{port}") })
        };
        let further = service.ports.keys().map(|port| Ok((port.clone(), endpoint(Some(port))?)));
        let volume = service.volume.clone().unwrap_or_else(|| Utf8PathBuf::from("/tmp"));
        Ok(ServiceAddresses {
            own: service.port.map(|_| endpoint(None)).transpose()?,
            ports: further.collect::<anyhow::Result<_>>()?,
            volume,
            config: CONFIG.into(),
            database: Utf8Path::new(DATABASE)
                .join(self.folder.database(name).file_name().context("a database is a file")?),
        })
    }

    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>> {
        side_by_side(level, |spec| {
            let started = self.start_one(spec, ledger);
            started.with_context(|| format!("cannot start service `{}`", spec.service()))
        })
    }

    fn reach(&self, instance: &Instance, port: Option<&str>) -> anyhow::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, self.leases.port(&instance.service, port)?).into())
    }

    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe> {
        let port = || {
            let started = self.started();
            let started = started.get(&instance.service).context("it was not started")?;
            inside(&started.ports, None)
        };
        match (ready, self.listens(instance)) {
            (Ready::Started, _) => Ok(Probe::Ready),
            // A proxy of the engine's accepts whether or not the service does.
            (Ready::Tcp, Some(listens)) => {
                let port = port()?;
                let reached = |at: &SocketAddr| at.port() == port && !at.ip().is_loopback();
                Ok(match listens.iter().any(reached) {
                    true => Probe::Ready,
                    false => {
                        Probe::Pending(format!("nothing listens on port {port} of its container"))
                    }
                })
            }
            _ => Ok(ask(self.reach(instance, None)?, ready, limit)),
        }
    }

    fn obstacle(&self, instance: &Instance) -> Option<String> {
        let port = {
            let started = self.started();
            inside(&started.get(&instance.service)?.ports, None).ok()?
        };
        let listens = self.listens(instance)?;
        let reached = |at: &SocketAddr| at.port() == port && !at.ip().is_loopback();
        if listens.is_empty() || listens.iter().any(reached) {
            return None;
        }
        let words: Vec<String> = listens.iter().map(ToString::to_string).collect();
        let (service, words) = (&instance.service, words.join(", "));
        Some(format!(
            "`{service}` listens on {words} of its container, not on {ALL_INTERFACES}:{port}"
        ))
    }

    fn survivor(&self, resource: &BackendResource) -> Option<String> {
        let name = resource.id.as_str().filter(|_| resource.what == CONTAINER)?;
        let info = self.info(&self.pinned().ok()??, name).ok()??;
        let survives = info.state.pid != 0;
        survives.then(|| format!("running without its keeper, container {name}"))
    }

    fn state(&self, instance: &Instance) -> anyhow::Result<State> {
        let replica = self.replica(instance)?;
        let process = self.started().get(&instance.service).and_then(|one| one.process.clone());
        // To ask the engine costs fifty times as much.
        if process.is_some_and(|process| process.is_alive()) {
            return Ok(State::Running(vec![replica]));
        }
        Ok(match self.info(&self.client()?, container(instance)?)? {
            Some(info) => info.state.of_seam(replica),
            None => State::Ended("was removed by somebody else".to_owned()),
        })
    }

    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        let (client, name) = (self.client()?, container(instance)?);
        let paused = self.started().get(&instance.service).is_some_and(|one| one.paused);
        if paused {
            // It cannot end in good order as long as it is halted.
            self.pause(instance, false)?;
        }
        let process = self.started().get(&instance.service).and_then(|one| one.process.clone());
        // Outside of a container SIGTERM would end it; as the first process of one it does
        // nothing to it.
        let is_deaf = process.is_some_and(|id| id.is_alive() && !handles(id.pid, SIGTERM));
        let asked = Instant::now();
        match how {
            Stop::Terminate(_) if is_deaf => self.stop(instance, Stop::Kill)?,
            Stop::Kill => client.end(["stop", "--time", "0", name], Duration::ZERO)?,
            Stop::Terminate(grace) => {
                let seconds = grace.as_secs().to_string();
                client.end(["stop", "--time", &seconds, name], grace)?;
                if asked.elapsed() >= grace {
                    let (service, seconds) =
                        (instance.service.clone(), asked.elapsed().as_secs_f64());
                    // What is not told ends no run.
                    let _ = Ledger::open(self.folder.path())?
                        .write(&Entry::Killed { service, seconds });
                }
            }
        }
        Ok(())
    }

    fn pause(&self, instance: &Instance, on: bool) -> anyhow::Result<()> {
        let verb = if on { "pause" } else { "unpause" };
        self.client()?.end([verb, container(instance)?], Duration::ZERO)?;
        if let Some(started) = self.started().get_mut(&instance.service) {
            started.paused = on;
        }
        Ok(())
    }

    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>> {
        let info = self.info(&self.client()?, container(instance)?)?;
        let info = info.context("its container is gone")?;
        ensure!(info.state.pid != 0, "its container {}", info.state.status);
        // An image that was pulled is known by another digest than that of its
        // configuration, which containers have.
        let started = self.started();
        let of_start = started.get(&instance.service).context("it was not started")?;
        let digest = match normalized(&info.image)? {
            seen if seen == normalized(&of_start.image.id)? => of_start.digest,
            seen => seen,
        };
        Ok(vec![Seen { replica: self.replica(instance)?, digest }])
    }

    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()> {
        let collected = self.started().get(&instance.service).map(|one| one.collected.clone());
        let Some(collected) = collected else { return Ok(()) };
        lock(&collected).update(&self.client()?, container(instance)?, log)
    }

    fn copy_out(&self, service: &str, from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
        let volume = {
            let started = self.started();
            let started = started.get(service).context("it was never started")?;
            started.ports.volume.clone().context("it has no volume")?
        };
        let name = container_name(self.folder.run_id(), service);
        let copied =
            self.client()?.ask(["cp", &format!("{name}:{}", volume.join(from)), to.as_str()]);
        copied.with_context(|| format!("cannot copy {from}"))?;
        ensure!(to.symlink_metadata().is_ok_and(|copy| copy.is_file()), "it is not a file");
        Ok(())
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        let mut all: BTreeSet<_> = Capability::ALL.into();
        let info = self.pinned().ok().flatten().map(|client| client.pinned.info);
        let Some(info) = info else { return all };
        if !info.is_here() {
            // Its files are another machine's.
            all.remove(&Capability::DatabaseOutage);
        }
        if info.rootless && info.cgroups == 1 {
            all.remove(&Capability::Pause);
        }
        all
    }

    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool> {
        match self.pinned()? {
            Some(client) => remains::remove(&client, resource),
            None => Ok(true),
        }
    }

    fn leftovers(
        &self,
        _: &[BackendResource],
        _: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>> {
        let Some(client) = self.pinned()? else { return Ok(Vec::new()) };
        let left = remains::leftovers(&client, self.folder.run_id());
        left.hint(format!("`{}` has to answer before anything of it can be removed", client.name()))
    }
}
