//! Making what services need, starting them, and ending them.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::cluster::Delivery;
use super::images::{Containerd, KubeImage};
use super::kubectl::Kubectl;
use super::objects::{self, Frame, Object, PodSecurity, PullPolicy};
use super::pod::{Event, List, Pod};
use super::pods::Pods;
use super::resource::{KubeResource, NAMESPACE, WORKLOAD};
use super::runtime::KubeRuntime;
use super::started::{KubePrepared, Started};
use super::{LABEL_RUN, LABEL_SERVICE, namespace_name, remains};
use crate::backend::container::port_inside;
use crate::backend::process::{self, PROCESS};
use crate::backend::{Instance, ServicePorts, ServiceSpec, Stop, lock};
use crate::run::ledger::{Entry, Ledger};
use crate::system::wait::Deadline;
use crate::workspace::DATABASE_SERVER;

/// How long the cluster may take on top of what a service takes to end.
const END: Duration = Duration::from_secs(30);

/// How long it may take to forget a pod whose node does not answer.
const FORGET: Duration = Duration::from_secs(10);

/// How long to wait for the event that a node has begun to end a pod. It begins within some two
/// seconds; by then, one whose event was dropped has begun as well.
const BEGIN: Duration = Duration::from_secs(5);

/// How often the cluster is asked for that event.
const BEGIN_INTERVAL: Duration = Duration::from_millis(50);

/// The kinds of what runs pods.
const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

impl KubeRuntime {
    /// The namespace of the run, the watch of its pods, and the ports.
    pub(super) fn prepare_run(
        &self,
        services: &[ServicePorts],
        before: KubePrepared,
        ledger: &Ledger,
    ) -> anyhow::Result<KubePrepared> {
        let kubectl = self.kubectl()?;
        let is_new = before.ports.is_empty();
        let has_externals =
            before.has_externals || services.iter().any(|service| service.is_external);
        let has_server = before.has_server || has_server(services);
        let prepared = KubePrepared { has_externals, has_server, ports: before.ports };
        *lock(&self.prepared) = prepared.clone();
        let cluster = self.cluster()?;
        if let Delivery::Nodes(kind) = &cluster.delivery {
            kind.ensure(cluster, ledger)?;
        }
        self.make_namespace(&kubectl, ledger)?;
        if self.pods.get().is_none() {
            if !is_new {
                self.end_survivors(&kubectl, ledger)?;
            }
            let forwarders = self.forwarders.clone();
            let selector = format!("{LABEL_RUN}={}", self.folder.run_id());
            let pods = Pods::watch(&kubectl, &selector, move |pods| forwarders.update(pods));
            let _ = self.pods.set(pods);
        }
        let ports = self.leases.prepare(services, &prepared.ports, ledger)?;
        for service in services {
            for port in service.names() {
                let outside = self.leases.port(&service.service, port)?;
                self.forwarders.add(
                    &kubectl,
                    &service.service,
                    port_inside(service, port)?,
                    outside,
                );
            }
        }
        Ok(KubePrepared { ports, ..prepared })
    }

    fn make_namespace(&self, kubectl: &Kubectl, ledger: &Ledger) -> anyhow::Result<()> {
        let name = namespace_name(self.folder.run_id());
        let cluster = self.cluster()?;
        let owned = KubeResource::new(cluster, &name).of(NAMESPACE, "run")?;
        let (outstanding, _) = ledger.record()?.of_backend();
        if !outstanding.contains(&owned) {
            ledger.owns(&owned)?;
        }
        let objects = self.with_frame(|frame| {
            let mut objects = objects::namespace(frame)?;
            if let Some(secret) = &frame.settings.pull_secret {
                objects.push(copied(kubectl, frame, secret)?);
            }
            Ok(objects)
        })?;
        kubectl
            .apply(&objects::list(objects), ledger)
            .with_context(|| format!("cannot make the namespace {name}"))
    }

    /// Ends what an earlier keeper left: its services are started anew. Their claims stay.
    fn end_survivors(&self, kubectl: &Kubectl, ledger: &Ledger) -> anyhow::Result<()> {
        let selector = format!("{LABEL_RUN}={}", self.folder.run_id());
        let limit = END + super::GRACE;
        let all = ["delete", "deployments,statefulsets", "--selector", &selector];
        kubectl.end(all.into_iter().chain(["--cascade=foreground"]), limit)?;
        kubectl.end(["delete", "pods", "--selector", &selector, "--grace-period=1"], limit)?;
        let (outstanding, _) = ledger.record()?.of_backend();
        for resource in &outstanding {
            let ended = match resource.what.as_str() {
                WORKLOAD => true,
                PROCESS => process::remove(self.folder.run_id(), resource)?,
                _ => false,
            };
            if ended {
                ledger.released(resource)?;
            }
        }
        Ok(())
    }

    pub(super) fn start_level(
        &self,
        level: &[ServiceSpec],
        ledger: &Ledger,
    ) -> anyhow::Result<Vec<Instance>> {
        let kubectl = self.kubectl()?;
        let mut objects = Vec::new();
        for spec in level {
            let service = spec.service();
            let image: KubeImage = serde_json::from_value(spec.image.details.clone())?;
            let spec = ServiceSpec { reference: image.name.clone(), ..spec.clone() };
            let made =
                self.with_frame(|frame| objects::service(frame, &spec, image.is_external))?;
            let kind = made.iter().map(Object::kind).find(|kind| WORKLOADS.contains(kind));
            let kind = kind.context("a service has a workload")?.to_owned();
            let earlier = self.started().remove(service);
            let workload = KubeResource::new(self.cluster()?, service).of(WORKLOAD, service)?;
            match earlier {
                Some(earlier) => {
                    if earlier.kind != kind {
                        kubectl
                            .end(["delete", &earlier.kind, service, "--ignore-not-found"], END)?;
                    }
                    if earlier.image.name != image.name {
                        remains::release_images(service, &image.name, ledger)?;
                    }
                }
                None => ledger.owns(&workload)?,
            }
            self.started().insert(service.to_owned(), Started::new(spec, image, &kind));
            objects.extend(made);
        }
        kubectl.apply(&objects::list(objects), ledger).with_context(|| {
            let names: Vec<_> = level.iter().map(|spec| format!("`{}`", spec.service())).collect();
            format!("cannot start {}", names.join(", "))
        })?;
        let instance = |spec: &ServiceSpec| {
            let service = spec.service().to_owned();
            Instance { id: service.clone().into(), service }
        };
        Ok(level.iter().map(instance).collect())
    }

    /// Has no pod of a service run any more, and none be made.
    pub(super) fn stop_service(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        let service = instance.service.as_str();
        let started = self.started_service(service)?;
        let (kubectl, pods) = (self.kubectl()?, self.pods()?);
        let ledger = Ledger::open(self.folder.path())?;
        let mut collected = lock(&started.collected);
        // Pods take what they have said with them.
        let log = self.folder.log(service);
        let final_logs = collected.follow(&kubectl, &pods.of(service)?, &log);
        let asked = Instant::now();
        let paused = match how {
            Stop::Kill => self.pause_containers(&pods.of(service)?)?,
            Stop::Terminate(_) => PausedContainers::default(),
        };
        self.scale_to_none(&kubectl, &started, &ledger)?;
        if how == Stop::Kill {
            pods.wait(service, END, |pods| pods.iter().all(Pod::is_leaving).then_some(()))?;
            await_end_begun(&kubectl, pods, service, &paused)?;
            paused.kill()?;
        }
        let selector = format!("{LABEL_SERVICE}={service}");
        let grace = match how {
            Stop::Terminate(grace) => grace,
            Stop::Kill => {
                // The shortest time that a node is given; with none at all the cluster would
                // forget a pod that still runs.
                let all = ["delete", "pods", "--selector", &selector, "--grace-period=1"];
                kubectl.end(all.into_iter().chain(["--wait=false"]), END)?;
                Duration::ZERO
            }
        };
        if !are_gone(pods, service, grace + END)? {
            let all = ["delete", "pods", "--selector", &selector, "--grace-period=0", "--force"];
            kubectl.end(all.into_iter().chain(["--wait=false"]), END)?;
            if !are_gone(pods, service, FORGET)? {
                bail!("its pods do not end: {}", kubectl.names("pods", &selector)?.join(", "));
            }
        }
        if let Ok(final_logs) = final_logs {
            collected.finish(final_logs);
        }
        if matches!(how, Stop::Terminate(grace) if asked.elapsed() >= grace) {
            let (service, seconds) = (service.to_owned(), asked.elapsed().as_secs_f64());
            // What is not told ends no run.
            let _ = ledger.write(&Entry::Killed { service, seconds });
        }
        Ok(())
    }

    /// Pauses what runs in pods, where the harness gets at the containers of nodes: a cluster
    /// asks it to end, and leaves it two seconds, before it kills it.
    fn pause_containers(&self, pods: &[Pod]) -> anyhow::Result<PausedContainers> {
        let ids = pods.iter().filter_map(|pod| pod.container()?.container_id.split_once("://"));
        let containers: Vec<String> = ids.map(|(_, id)| id.to_owned()).collect();
        let is_running = |pod: &&Pod| pod.container().is_some_and(|it| it.state.running.is_some());
        let running = pods.iter().filter(is_running).map(|pod| pod.metadata.uid.clone()).collect();
        let nodes = Containerd::all(&self.cluster()?.delivery)?;
        let paused = PausedContainers { nodes, containers, running };
        paused.each(Containerd::pause)?;
        Ok(paused)
    }

    fn scale_to_none(
        &self,
        kubectl: &Kubectl,
        started: &Started,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        // Another field manager, as that of `kubectl scale`, would be in the way of the next
        // start.
        let spec = ServiceSpec { replicas: 0, ..started.spec.clone() };
        let is_external = started.image.is_external;
        let mut objects = self.with_frame(|frame| objects::service(frame, &spec, is_external))?;
        objects.retain(|object| WORKLOADS.contains(&object.kind()));
        kubectl.apply(&objects::list(objects), ledger)
    }

    /// Does something with what all objects of the run have in common.
    fn with_frame<T>(
        &self,
        work: impl FnOnce(&Frame<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let cluster = self.cluster()?;
        let (run_id, layout) = (self.folder.run_id(), self.folder.layout());
        let (consumer, namespace) = (self.consumer()?, namespace_name(run_id));
        work(&Frame {
            run_id,
            consumer: &consumer,
            namespace: &namespace,
            target: layout.base(),
            settings: &cluster.settings,
            pull: match cluster.delivery {
                Delivery::Registry(_) => PullPolicy::IfNotPresent,
                Delivery::Containerd(_) | Delivery::Nodes(_) => PullPolicy::Never,
            },
            security: match lock(&self.prepared).has_externals {
                true => PodSecurity::Baseline,
                false => PodSecurity::Restricted,
            },
        })
    }
}

/// Containers that are paused, on these nodes.
#[derive(Default)]
struct PausedContainers {
    nodes: Vec<Containerd>,
    containers: Vec<String>,
    /// The ids of pods that ran.
    running: Vec<String>,
}

impl PausedContainers {
    fn kill(&self) -> anyhow::Result<()> {
        self.each(Containerd::kill)
    }

    fn each(&self, act: impl Fn(&Containerd, &str) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let of_node = |node| self.containers.iter().try_for_each(|id| act(node, id));
        self.nodes.iter().try_for_each(of_node)
    }
}

/// The secret with which nodes pull images, for the namespace of the run.
fn copied(kubectl: &Kubectl, frame: &Frame<'_>, secret: &str) -> anyhow::Result<Object> {
    let (namespace, name) = secret.split_once('/').context("it has no namespace")?;
    let there = Kubectl::new(&kubectl.cluster, Some(namespace));
    let told: Option<Value> = there.get(["secret", name])?;
    let told = told.with_context(|| format!("there is no secret `{name}` in `{namespace}`"))?;
    objects::copied_pull_secret(frame, &told)
}

/// Waits until nodes have begun to end the pods that ran.
///
/// Until then a node starts a dead container again, also in a pod that is leaving. It first does
/// the work for the pod that it has taken up before, and then ends the pod. Each of the two may
/// wait a second for the node's next look at its containers. The event is the only sign.
fn await_end_begun(
    kubectl: &Kubectl,
    pods: &Pods,
    service: &str,
    paused: &PausedContainers,
) -> anyhow::Result<()> {
    let asked = ["events", "--field-selector", "involvedObject.kind=Pod,reason=Killing"];
    let deadline = Deadline::within(BEGIN);
    let mut awaited = paused.running.clone();
    loop {
        let there = pods.of(service)?;
        awaited.retain(|uid| there.iter().any(|pod| pod.metadata.uid == *uid));
        if awaited.is_empty() || deadline.passed() {
            return Ok(());
        }
        let events = kubectl.get::<List<Event>>(asked)?.unwrap_or_default().items;
        awaited.retain(|uid| !events.iter().any(|event| event.ends_pod(uid)));
        if !awaited.is_empty() {
            thread::sleep(BEGIN_INTERVAL);
        }
    }
}

fn are_gone(pods: &Pods, service: &str, limit: Duration) -> anyhow::Result<bool> {
    let gone = pods.wait(service, limit, |pods| pods.is_empty().then_some(()))?;
    Ok(gone.is_some())
}

/// Whether services of a plan bring a database server.
fn has_server(services: &[ServicePorts]) -> bool {
    services.iter().any(|service| service.service == DATABASE_SERVER)
}
