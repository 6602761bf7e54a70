//! What runs in an engine, and asking for it; in the keeper.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use onetag_control::Capability;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::container::ContainerInfo;
use super::dialect::Dialect;
use super::logs::Collected;
use super::network::{self, Hosts};
use super::remains;
use super::start::Started;
use super::{CONTAINER, NETWORK, container_name, network_name, normalized};
use crate::backend::container;
use crate::backend::leases::{Leases, PORT};
use crate::backend::{
    Instance, Prepared, Probe, Replica, Runtime, Seen, ServiceAddresses, ServicePorts, ServiceSpec,
    State, Stop, lock,
};
use crate::error::Attach as _;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{BackendResource, Ledger};
use crate::system::wait::side_by_side;
use crate::workspace::Ready;

/// The runtime of a run in an engine.
#[derive(Debug)]
pub(super) struct EngineRuntime {
    dialect: &'static Dialect,
    pub(super) folder: RunFolder,
    pub(super) leases: Leases,
    hosts: Mutex<Hosts>,
    client: Mutex<Option<Client>>,
    started: Mutex<BTreeMap<String, Started>>,
}

/// What was prepared for a run.
#[derive(Debug, Default, Deserialize, Serialize)]
struct EnginePrepared {
    network: String,
    /// On the network.
    #[serde(default)]
    hosts: Hosts,
    /// On 127.0.0.1, by service and port.
    ports: BTreeMap<String, u16>,
}

impl EngineRuntime {
    pub(super) fn new(dialect: &'static Dialect, folder: &RunFolder) -> EngineRuntime {
        EngineRuntime {
            dialect,
            folder: folder.clone(),
            leases: Leases::default(),
            hosts: Mutex::default(),
            client: Mutex::default(),
            started: Mutex::default(),
        }
    }

    /// The engine of the run; where nobody knows any more which that was, the one that is
    /// found now.
    fn engine(&self) -> anyhow::Result<Client> {
        match self.pinned()? {
            Some(client) => Ok(client),
            None => Client::probe(self.dialect),
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

    pub(super) fn client(&self) -> anyhow::Result<Client> {
        self.pinned()?.context("nothing was prepared")
    }

    pub(super) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        lock(&self.hosts)
    }

    pub(super) fn started(&self) -> MutexGuard<'_, BTreeMap<String, Started>> {
        lock(&self.started)
    }

    pub(super) fn info(
        &self,
        client: &Client,
        name: &str,
    ) -> anyhow::Result<Option<ContainerInfo>> {
        Ok(client.inspect("container", &[name])?.and_then(|mut found: Vec<_>| found.pop()))
    }

    /// What a container runs that is like this.
    fn seen(&self, instance: &Instance, info: &ContainerInfo) -> anyhow::Result<Vec<Seen>> {
        let status = &info.state.status;
        ensure!(status == "running", "its container is {status}");
        // An image that was pulled is known by another digest than that of its
        // configuration, which containers have.
        let started = self.started();
        let of_start = started.get(&instance.service).context("it was not started")?;
        let digest = match normalized(&info.image)? {
            seen if seen == normalized(&of_start.image.id)? => of_start.digest,
            seen => seen,
        };
        Ok(vec![Seen { replica: self.replica(instance)?, digest, program: None }])
    }

    fn memory(&self, service: &str) -> Option<u64> {
        self.started().get(service)?.memory
    }

    fn replica(&self, instance: &Instance) -> anyhow::Result<Replica> {
        let location = format!("container {}", name_of(instance)?);
        Ok(Replica { name: format!("{}-0", instance.service), location })
    }
}

/// The path in a container of what lies in its volume, and nowhere else.
fn in_volume(volume: &Utf8Path, path: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
    let inside = path.strip_prefix(volume).unwrap_or(path);
    let is_inside = |part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir);
    ensure!(inside.components().all(is_inside), "it is not in the volume {volume}");
    Ok(volume.join(inside))
}

/// The name of a container.
pub(super) fn name_of(instance: &Instance) -> anyhow::Result<&str> {
    instance.id.as_str().context("a container has a name")
}

impl Runtime for EngineRuntime {
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared> {
        let before: EnginePrepared = Prepared::read(before)?;
        if self.pinned()?.is_none() {
            *lock(&self.client) = Some(Client::pin(self.dialect, &self.folder)?);
        }
        let client = self.client()?;
        if self.leases.are_none() && !before.network.is_empty() {
            self.open_again(&client, ledger)?;
        }
        let network = network_name(self.folder.run_id());
        self.make(&client, NETWORK, "run", &network, ledger)?;
        let hosts = network::hosts(&client, &network, services, before.hosts)?;
        self.hosts().clone_from(&hosts);
        let ports = self.leases.prepare(services, &before.ports, ledger)?;
        Ok(Prepared(serde_json::to_value(EnginePrepared { network, hosts, ports })?))
    }

    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses> {
        container::addresses(&self.folder, service)
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
        self.is_ready(instance, ready, limit)
    }

    fn obstacle(&self, instance: &Instance) -> Option<String> {
        self.listens_elsewhere(instance)
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
        Ok(match self.info(&self.client()?, name_of(instance)?)? {
            Some(info) => info.state.of_seam(replica, self.memory(&instance.service)),
            None => State::Ended("was removed by somebody else".to_owned()),
        })
    }

    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        self.stop_container(instance, how)
    }

    fn pause(&self, instance: &Instance, on: bool) -> anyhow::Result<()> {
        self.halt(instance, on)
    }

    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>> {
        let info = self.info(&self.client()?, name_of(instance)?)?;
        self.seen(instance, &info.context("its container is gone")?)
    }

    fn witness_all(&self, all: &[Instance]) -> anyhow::Result<Vec<anyhow::Result<Vec<Seen>>>> {
        let names = all.iter().map(name_of).collect::<anyhow::Result<Vec<_>>>()?;
        match self.client()?.inspect::<ContainerInfo>("container", &names) {
            Ok(Some(infos)) if infos.len() == all.len() => Ok(all
                .iter()
                .zip(&infos)
                .map(|(instance, info)| self.seen(instance, info))
                .collect()),
            // One after the other tells which it is.
            _ => Ok(all.iter().map(|instance| self.witness(instance)).collect()),
        }
    }

    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()> {
        let collected = self.started().get(&instance.service).map(|one| one.collected.clone());
        let Some(collected) = collected else { return Ok(()) };
        lock(&collected).update(&self.client()?, name_of(instance)?, log)
    }

    fn copy_out(&self, service: &str, from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
        let volume = {
            let started = self.started();
            let started = started.get(service).context("it was never started")?;
            started.ports.volume.clone().context("it has no volume")?
        };
        let name = container_name(self.folder.run_id(), service);
        let from = in_volume(&volume, from)?;
        let copied = self.client()?.ask(["cp", &format!("{name}:{from}"), to.as_str()]);
        copied.with_context(|| format!("cannot copy {from}"))?;
        ensure!(to.symlink_metadata().is_ok_and(|copy| copy.is_file()), "it is not a file");
        Ok(())
    }

    fn exec(
        &self,
        service: &str,
        arguments: &[String],
        variables: &BTreeMap<&str, &str>,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        let name = container_name(self.folder.run_id(), service);
        // Their values are for the engine's own environment alone.
        let named = variables.keys().flat_map(|name| ["--env", name]);
        let all = ["exec"].into_iter().chain(named).chain([name.as_str()]);
        let all = all.chain(arguments.iter().map(String::as_str));
        self.client()?.work(all, variables, ledger).map(drop)
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
        if resource.what == PORT {
            // It ended with the keeper.
            return Ok(true);
        }
        let client = self.engine()?;
        if let (CONTAINER, Some(name)) = (&*resource.what, resource.id.as_str()) {
            let log = self.folder.log(&resource.name);
            if log.metadata().map_or(0, |log| log.len()) == 0 {
                // Its keeper was killed; what it said goes with it.
                let _ = Collected::default().update(&client, name, &log);
            }
        }
        remains::remove(&client, resource)
    }

    fn leftovers(
        &self,
        outstanding: &[BackendResource],
        gone: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>> {
        let made_something = outstanding.iter().chain(gone).any(|made| made.what != PORT);
        if self.pinned()?.is_none() && !made_something {
            return Ok(Vec::new());
        }
        let client = self.engine()?;
        let left = remains::leftovers(&client, self.folder.run_id());
        left.hint(format!("`{}` has to answer before anything of it can be removed", client.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_out_lies_in_the_volume() {
        let path = |path: &str| in_volume("/data".into(), path.into());
        for inside in ["x/y", "./x/y", "/data/x/y"] {
            assert_eq!(path(inside).unwrap(), "/data/x/y");
        }
        for outside in ["/etc/passwd", "../x", "x/../../y", "/data/../etc/passwd", "/"] {
            assert_eq!(path(outside).unwrap_err().to_string(), "it is not in the volume /data");
        }
    }
}
