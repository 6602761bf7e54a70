//! What runs in a cluster, and asking for it; in the keeper.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use onetag_control::Capability;

use super::cluster::Cluster;
use super::forward::Forwarders;
use super::kubectl::Kubectl;
use super::pods::Pods;
use super::resource::WORKLOAD;
use super::started::{KubePrepared, Started};
use super::state;
use super::{LABEL_SERVICE, nodes, remains};
use crate::backend::container;
use crate::backend::leases::{Leases, PORT};
use crate::backend::process::{self, PROCESS};
use crate::backend::{
    Instance, Prepared, Probe, Runtime, Seen, ServiceAddresses, ServicePorts, ServiceSpec, State,
    Stop, lock,
};
use crate::error::Attach as _;
use crate::keeper::ask;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{BackendResource, Ledger, Record};
use crate::workspace::Ready;

/// How long a question waits for pods to become ready before it is answered.
const WAIT: Duration = Duration::from_millis(500);

/// The runtime of a run in a cluster.
#[derive(Debug)]
pub(super) struct KubeRuntime {
    pub(super) folder: RunFolder,
    pub(super) leases: Leases,
    pub(super) forwarders: Arc<Forwarders>,
    pub(super) pods: OnceLock<Pods>,
    pub(super) prepared: Mutex<KubePrepared>,
    cluster: OnceLock<Cluster>,
    started: Mutex<BTreeMap<String, Started>>,
}

impl KubeRuntime {
    pub(super) fn new(folder: &RunFolder) -> KubeRuntime {
        KubeRuntime {
            folder: folder.clone(),
            leases: Leases::default(),
            forwarders: Arc::default(),
            pods: OnceLock::new(),
            prepared: Mutex::default(),
            cluster: OnceLock::new(),
            started: Mutex::default(),
        }
    }

    /// The cluster that was named for the run.
    pub(super) fn cluster(&self) -> anyhow::Result<&Cluster> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let cluster = Cluster::of(&self.folder)?.context("no cluster was named for the run")?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// kubectl in the namespace of the run.
    pub(super) fn kubectl(&self) -> anyhow::Result<Kubectl> {
        Ok(Kubectl::of_run(self.cluster()?, &self.folder))
    }

    pub(super) fn pods(&self) -> anyhow::Result<&Pods> {
        self.pods.get().context("nothing was prepared")
    }

    pub(super) fn started(&self) -> MutexGuard<'_, BTreeMap<String, Started>> {
        lock(&self.started)
    }

    pub(super) fn started_service(&self, service: &str) -> anyhow::Result<Started> {
        self.started().get(service).cloned().context("it was not started")
    }

    /// The consumer of the run.
    pub(super) fn consumer(&self) -> anyhow::Result<String> {
        let record = Record::read(self.folder.path())?;
        record.consumer().map(str::to_owned).context("the ledger does not name the run's suite")
    }
}

impl Runtime for KubeRuntime {
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared> {
        let before: KubePrepared = Prepared::read(before)?;
        let prepared = self.prepare_run(services, before, ledger)?;
        *lock(&self.prepared) = prepared.clone();
        Ok(Prepared(serde_json::to_value(prepared)?))
    }

    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses> {
        container::addresses(&self.folder, service)
    }

    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>> {
        self.start_level(level, ledger)
    }

    fn reach(&self, instance: &Instance, port: Option<&str>) -> anyhow::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, self.leases.port(&instance.service, port)?).into())
    }

    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe> {
        let service = &instance.service;
        let started = self.started_service(service)?;
        let mut seen = String::new();
        let all_ready = self.pods()?.wait(service, limit.min(WAIT), |pods| {
            let unready = pods.iter().find(|pod| !pod.is_ready());
            seen = match unready {
                _ if pods.len() < started.expected().replicas => {
                    format!("{} of {} pods are there", pods.len(), started.expected().replicas)
                }
                Some(pod) => format!("pod {} is not ready", pod.metadata.name),
                None => return Some(()),
            };
            None
        })?;
        match (all_ready, ready) {
            (None, _) => Ok(Probe::Pending(seen)),
            (_, Ready::Started) => Ok(Probe::Ready),
            _ => Ok(ask(self.reach(instance, None)?, ready, limit)),
        }
    }

    fn advise(&self, instance: &Instance) -> Vec<String> {
        let Ok(State::Ended(why)) = self.state(instance) else { return Vec::new() };
        let (true, Ok(kubectl)) = (why.contains("Image"), self.kubectl()) else {
            return Vec::new();
        };
        nodes::images(&kubectl, &instance.service)
    }

    fn survivor(&self, resource: &BackendResource) -> Option<String> {
        if resource.what != WORKLOAD {
            return None;
        }
        let selector = format!("{LABEL_SERVICE}={}", resource.name);
        let pods = self.kubectl().ok()?.names("pods", &selector).ok()?;
        Some(format!("running without its keeper, pod {}", pods.first()?))
    }

    fn state(&self, instance: &Instance) -> anyhow::Result<State> {
        let started = self.started_service(&instance.service)?;
        let pods = self.pods()?.of(&instance.service)?;
        let expected = started.expected();
        let events = match pods.len() < expected.replicas {
            true => started.events(&self.kubectl()?)?,
            false => Vec::new(),
        };
        Ok(state::state(&expected, &pods, &events))
    }

    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        self.stop_service(instance, how)
    }

    fn pause(&self, instance: &Instance, _: bool) -> anyhow::Result<()> {
        anyhow::bail!("a cluster cannot halt `{}`", instance.service)
    }

    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>> {
        self.seen(instance, &self.pods_now()?)
    }

    fn witness_all(&self, all: &[Instance]) -> anyhow::Result<Vec<anyhow::Result<Vec<Seen>>>> {
        let pods = self.pods_now()?;
        Ok(all.iter().map(|instance| self.seen(instance, &pods)).collect())
    }

    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()> {
        let collected = self.started_service(&instance.service)?.collected;
        // Whoever stops it writes there all that it says.
        let Ok(mut collected) = collected.try_lock() else { return Ok(()) };
        collected.update(&self.kubectl()?, &self.pods()?.of(&instance.service)?, log)
    }

    fn copy_out(&self, _: &str, from: &Utf8Path, _: &Utf8Path) -> anyhow::Result<()> {
        anyhow::bail!("images of services have no program that could read {from}")
    }

    fn exec(
        &self,
        service: &str,
        arguments: &[String],
        variables: &BTreeMap<&str, &str>,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        let kubectl = self.kubectl()?;
        let pods = kubectl.names("pods", &format!("{LABEL_SERVICE}={service}"))?;
        let pod = pods.first().with_context(|| format!("`{service}` has no pod"))?;
        // Their values are in no argument: a shell in the pod reads them.
        let shell = ["sh", "-c", "eval \"$(cat)\"; exec \"$@\"", "sh"].map(str::to_owned);
        let arguments: Vec<String> = shell.into_iter().chain(arguments.iter().cloned()).collect();
        let quote = |value: &str| format!("'{}'", value.replace('\'', r"'\''"));
        let exports =
            variables.iter().map(|(key, value)| format!("export {key}={}\n", quote(value)));
        kubectl.exec(pod, &arguments, &exports.collect::<String>(), ledger)
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        let mut all = BTreeSet::from([Capability::Stop]);
        // By itself a cluster asks first, and leaves two seconds: that is no kill.
        if self.cluster().is_ok_and(|cluster| cluster.registry().is_none()) {
            all.insert(Capability::Kill);
        }
        if lock(&self.prepared).has_server {
            all.insert(Capability::DatabaseOutage);
        }
        all
    }

    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool> {
        match resource.what.as_str() {
            PORT | PROCESS => process::remove(self.folder.run_id(), resource),
            // It goes with the namespace, which was made before it.
            WORKLOAD => Ok(true),
            _ => remains::remove(resource),
        }
    }

    fn leftovers(
        &self,
        outstanding: &[BackendResource],
        gone: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>> {
        let made = outstanding.iter().chain(gone);
        let clusters = remains::clusters(made);
        let run_id = self.folder.run_id();
        let mut left = remains::leftovers(&clusters, run_id)
            .hint("the cluster has to answer before anything of it can be removed")?;
        left.extend(process::leftovers(run_id, outstanding, gone)?);
        Ok(left)
    }
}
