//! Ending services: in good order, or without asking.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::LABEL_SERVICE;
use super::images::Containerd;
use super::kubectl::Kubectl;
use super::objects;
use super::pod::{Event, List, Pod};
use super::pods::Pods;
use super::runtime::KubeRuntime;
use super::start::WORKLOADS;
use super::started::Started;
use crate::backend::{Instance, ServiceSpec, Stop, lock};
use crate::run::ledger::{Entry, Ledger};
use crate::system::signals::Interrupt;
use crate::system::wait::{Poll, TimedOut, until};

/// How long the cluster may take on top of what a service takes to end.
pub(super) const END: Duration = Duration::from_secs(30);

/// How long it may take to forget a pod whose node does not answer.
const FORGET: Duration = Duration::from_secs(10);

/// How long to wait for the event that a node has begun to end a pod. It begins within some two
/// seconds; by then, one whose event was dropped has begun as well.
const BEGIN: Duration = Duration::from_secs(5);

impl KubeRuntime {
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
    let mut awaited = paused.running.clone();
    let begun = until("the end of pods", BEGIN, &Interrupt::default(), || {
        let there = pods.of(service)?;
        awaited.retain(|uid| there.iter().any(|pod| pod.metadata.uid == *uid));
        if !awaited.is_empty() {
            let events = kubectl.get::<List<Event>>(asked)?.unwrap_or_default().items;
            awaited.retain(|uid| !events.iter().any(|event| event.ends_pod(uid)));
        }
        Ok(match awaited.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending(awaited.join(", ")),
        })
    });
    match begun {
        Err(error) if !error.is::<TimedOut>() => Err(error),
        _ => Ok(()),
    }
}

fn are_gone(pods: &Pods, service: &str, limit: Duration) -> anyhow::Result<bool> {
    let gone = pods.wait(service, limit, |pods| pods.is_empty().then_some(()))?;
    Ok(gone.is_some())
}
