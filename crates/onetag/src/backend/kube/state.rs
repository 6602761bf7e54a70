//! The state of a service, by its pods.

use std::collections::BTreeSet;

use super::pod::{ContainerStatus, Event, Pod, Terminated};
use crate::backend::{Replica, State};
use crate::system::signals;
use crate::system::tail::printable;

/// What a service is to be.
#[derive(Clone, Debug)]
pub(super) struct ExpectedPods<'a> {
    pub(super) service: &'a str,
    /// The generation of the run in which it was deployed.
    pub(super) generation: u32,
    pub(super) replicas: usize,
    pub(super) images: ContainerImages,
}

/// Names of containers, each with an image that it may have.
pub(super) type ContainerImages = BTreeSet<(String, String)>;

/// Why a container does not start, where waiting does not help.
const TERMINAL: [&str; 13] = [
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "PostStartHookError",
    "PreCreateHookError",
    "PreStartHookError",
    "RegistryUnavailable",
    "RunContainerError",
];

/// What is true for a moment only, whatever the reason says.
const PASSING: [&str; 3] =
    ["failed to sync", "unbound immediate persistentvolumeclaims", "persistentvolumeclaim \""];

/// How much of a message of the cluster's is shown.
const MESSAGE: usize = 600;

/// The state of a service whose pods are these; events tell why some are missing.
pub(super) fn state(expected: &ExpectedPods<'_>, pods: &[Pod], events: &[Event]) -> State {
    let is_current = |pod: &&Pod| pod.generation() == Some(expected.generation);
    let (current, others): (Vec<_>, Vec<_>) = pods.iter().partition(is_current);
    if let Some(other) = current.iter().find_map(|pod| other_image(&expected.images, pod)) {
        return State::Ended(format!("is not what was deployed: {other}"));
    }
    if let Some(end) = current.iter().find_map(|pod| end(pod)) {
        return State::Ended(end);
    }
    if let Some(other) = others.first() {
        let (name, image) = (&other.metadata.name, other.image());
        return State::Starting(format!("pod {name} of {image} is still there"));
    }
    let leaving = current.iter().find(|pod| pod.metadata.deletion_timestamp.is_some());
    if let Some(pod) = leaving {
        return State::Starting(format!("pod {} is about to end", pod.metadata.name));
    }
    if current.len() != expected.replicas {
        if let Some(refused) = refused(expected.service, events) {
            return State::Ended(refused);
        }
        return State::Starting(format!(
            "{} of {} pods are there",
            current.len(),
            expected.replicas
        ));
    }
    match current.iter().find(|pod| !pod.runs()) {
        Some(pod) => State::Starting(pending(pod)),
        None => State::Running(replicas(expected.service, &current)),
    }
}

/// A container that has another image than its object gave it, as a sentence; those that
/// the cluster adds of its own are not known here.
pub(super) fn other_image(images: &ContainerImages, pod: &Pod) -> Option<String> {
    let other = pod.container_specs().find(|container| {
        let mut given = images.iter().filter(|(name, _)| *name == container.name).peekable();
        given.peek().is_some() && !given.any(|(_, image)| *image == container.image)
    })?;
    let (name, image) = (&other.name, &other.image);
    Some(format!("somebody gave container `{name}` of pod {} the image {image}", pod.metadata.name))
}

/// The replicas that are these pods, in the order of their names.
pub(super) fn replicas(service: &str, pods: &[&Pod]) -> Vec<Replica> {
    let mut pods = pods.to_vec();
    pods.sort_by_key(|pod| &pod.metadata.name);
    let replica = |(number, pod): (usize, &&Pod)| Replica {
        name: format!("{service}-{number}"),
        location: format!("pod {} on {}", pod.metadata.name, pod.spec.node_name),
    };
    pods.iter().enumerate().map(replica).collect()
}

/// How a pod ended, or why it never starts, as a sentence says it of its service.
fn end(pod: &Pod) -> Option<String> {
    let name = &pod.metadata.name;
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let (beside, before) = (&pod.status.container_statuses, &pod.status.init_container_statuses);
    let has_failed = |container: &&ContainerStatus| {
        container.state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0)
    };
    let other_end = |container: &ContainerStatus| {
        let ended = container_end(container)?;
        Some(format!("has a container `{}` in its pod {name} that {ended}", container.name))
    };
    let end = pod.containers().find_map(container_end);
    let end = end.or_else(|| beside.iter().chain(before).find_map(|it| cannot_start(pod, it)));
    let mut others = beside.iter().chain(before.iter().filter(has_failed));
    if let Some(end) = end.or_else(|| others.find_map(other_end)) {
        return Some(end);
    }
    if pod.status.phase == "Failed" {
        let (reason, message) = (&pod.status.reason, quoted(&pod.status.message));
        return Some(format!("lost its pod {name}: {reason}{message}"));
    }
    let scheduled = pod.condition("PodScheduled")?;
    let unschedulable = scheduled.status == "False" && scheduled.reason == "Unschedulable";
    (unschedulable && !is_passing(&scheduled.message)).then(|| {
        format!("cannot place its pod {name}: Unschedulable{}", quoted(&scheduled.message))
    })
}

/// Why a container of a pod does not start, where waiting does not help.
fn cannot_start(pod: &Pod, container: &ContainerStatus) -> Option<String> {
    let waiting = container.state.waiting.as_ref();
    let waiting = waiting.filter(|waiting| TERMINAL.contains(&waiting.reason.as_str()));
    let waiting = waiting.filter(|waiting| !is_passing(&waiting.message))?;
    let (reason, message) = (&waiting.reason, quoted(&waiting.message));
    // Not each message names it.
    let image = pod.image_of(&container.name);
    let of = if message.contains(image) { String::new() } else { format!(" of {image}") };
    Some(format!("cannot start its pod {}{of}: {reason}{message}", pod.metadata.name))
}

/// How a container ended, be it that the node has started it again meanwhile.
fn container_end(container: &ContainerStatus) -> Option<String> {
    let now = container.state.terminated.as_ref();
    let before = container.last_state.terminated.as_ref();
    let ended = now.or(before.filter(|_| container.restart_count > 0))?;
    let Terminated { exit_code, reason, message } = ended;
    let end = match (reason.as_str(), exit_code) {
        ("OOMKilled", _) => "was killed for using more memory than it may".to_owned(),
        ("ContainerCannotRun" | "StartError", _) => format!("cannot start: {reason}"),
        (_, 129..=159) => format!("was ended by {}", signals::name(exit_code - 128)),
        _ => format!("ended with code {exit_code}"),
    };
    Some(format!("{end}{}", quoted(message)))
}

/// Why no pod is made for a service, as the controllers of the cluster tell it.
fn refused(service: &str, events: &[Event]) -> Option<String> {
    let is_its = |event: &&Event| {
        let object = &event.involved_object;
        let is_controller = matches!(&*object.kind, "ReplicaSet" | "StatefulSet" | "Deployment");
        // A replica set is called as its deployment and by a hash.
        let rest = object.name.strip_prefix(service);
        let is_name = rest.is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|hash| !hash.contains('-'))
        });
        is_controller && is_name && event.reason == "FailedCreate"
    };
    let event = events.iter().rfind(is_its)?;
    Some(format!("cannot have its pods: {}", printable(&event.message, MESSAGE)))
}

/// What a pod waits for.
fn pending(pod: &Pod) -> String {
    let name = &pod.metadata.name;
    let waiting = pod.container().and_then(|container| container.state.waiting.as_ref());
    if let Some(waiting) = waiting {
        return format!(
            "pod {name} is not running: {}{}",
            waiting.reason,
            quoted(&waiting.message)
        );
    }
    match pod.condition("PodScheduled").filter(|condition| condition.status == "False") {
        Some(condition) => format!("pod {name} has no node{}", quoted(&condition.message)),
        None => format!("pod {name} is {}", pod.status.phase.to_lowercase()),
    }
}

fn is_passing(message: &str) -> bool {
    let message = message.to_lowercase();
    PASSING.iter().any(|words| message.contains(words))
}

fn quoted(message: &str) -> String {
    match message.trim() {
        "" => String::new(),
        message => format!(": {}", printable(message, MESSAGE)),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
