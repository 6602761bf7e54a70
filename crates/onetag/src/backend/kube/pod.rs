//! What the API server tells of pods and of events, as far as it matters here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ANNOTATION_IMAGE, LABEL_GENERATION, LABEL_SERVICE};
use crate::build::image::Digest;

/// A pod as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    pub(super) metadata: Metadata,
    pub(super) spec: PodSpec,
    pub(super) status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) deletion_timestamp: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PodSpec {
    pub(super) node_name: String,
    pub(super) containers: Vec<ContainerSpec>,
    pub(super) init_containers: Vec<ContainerSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerSpec {
    pub(super) name: String,
    pub(super) image: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PodStatus {
    pub(super) phase: String,
    pub(super) reason: String,
    pub(super) message: String,
    #[serde(rename = "podIP")]
    pub(super) pod_ip: Option<String>,
    #[serde(rename = "hostIP")]
    pub(super) host_ip: Option<String>,
    pub(super) conditions: Vec<Condition>,
    /// Kubernetes sorts them by name.
    pub(super) container_statuses: Vec<ContainerStatus>,
    pub(super) init_container_statuses: Vec<ContainerStatus>,
}

/// A condition of a pod, or of a namespace.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ContainerStatus {
    pub(super) name: String,
    #[serde(rename = "imageID")]
    image_id: String,
    /// Such as `containerd://<id>`; empty before it is made.
    #[serde(rename = "containerID")]
    pub(super) container_id: String,
    pub(super) restart_count: u32,
    pub(super) state: ContainerState,
    pub(super) last_state: ContainerState,
}

impl ContainerStatus {
    /// The digest of the image that it runs, whatever the runtime puts around it:
    /// `sha256:…`, `docker-pullable://<name>@sha256:…`, `<name>@sha256:…`.
    pub(super) fn digest(&self) -> Option<Digest> {
        let start = self.image_id.rfind("sha256:")?;
        self.image_id[start..].parse().ok()
    }
}

/// One of them is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState {
    pub(super) waiting: Option<Waiting>,
    pub(super) running: Option<serde_json::Value>,
    pub(super) terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Waiting {
    pub(super) reason: String,
    pub(super) message: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Terminated {
    pub(super) exit_code: i32,
    pub(super) reason: String,
    pub(super) message: String,
}

/// Something that the cluster tells about one of its objects.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) involved_object: ObjectName,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectName {
    pub(super) kind: String,
    pub(super) name: String,
    uid: String,
}

impl Event {
    /// Whether a node tells that it begins to end this pod. That it kills a container which it
    /// starts again has the same reason, and another message.
    pub(super) fn ends_pod(&self, uid: &str) -> bool {
        let ends = self.reason == "Killing" && self.message.starts_with("Stopping container");
        ends && self.involved_object.uid == uid
    }
}

/// What `kubectl get … -o json` prints of more than one object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new")]
    pub(super) items: Vec<T>,
}

impl Pod {
    /// The service that it is a replica of.
    pub(super) fn service(&self) -> &str {
        self.metadata.labels.get(LABEL_SERVICE).map_or("", String::as_str)
    }

    /// The generation of the run in which it was deployed.
    pub(super) fn generation(&self) -> Option<u32> {
        self.metadata.labels.get(LABEL_GENERATION)?.parse().ok()
    }

    /// What the service's container in it is to run.
    pub(super) fn image(&self) -> &str {
        let mut images = self.spec.containers.iter().map(|container| container.image.as_str());
        let wanted = self.metadata.annotations.get(ANNOTATION_IMAGE);
        let first = images.clone().next().unwrap_or_default();
        images.find(|image| wanted.is_some_and(|wanted| wanted == image)).unwrap_or(first)
    }

    /// What one of its containers is to run.
    pub(super) fn image_of(&self, container: &str) -> &str {
        let found = self.container_specs().find(|one| one.name == container);
        found.map_or("", |container| container.image.as_str())
    }

    /// All that it has, also those that prepare it.
    pub(super) fn container_specs(&self) -> impl Iterator<Item = &ContainerSpec> {
        self.spec.containers.iter().chain(&self.spec.init_containers)
    }

    /// How those are that have this image.
    pub(super) fn containers_of(&self, image: &str) -> impl Iterator<Item = &ContainerStatus> {
        let PodStatus { container_statuses, init_container_statuses, .. } = &self.status;
        let all = container_statuses.iter().chain(init_container_statuses);
        all.filter(move |container| self.image_of(&container.name) == image)
    }

    /// The service's container; none before the node has taken it up.
    pub(super) fn container(&self) -> Option<&ContainerStatus> {
        self.containers().next()
    }

    /// All that run the service's image, without those that prepare it.
    pub(super) fn containers(&self) -> impl Iterator<Item = &ContainerStatus> {
        let image = self.image();
        let all = self.status.container_statuses.iter();
        all.filter(move |container| self.image_of(&container.name) == image)
    }

    /// Whether somebody has asked it to end.
    pub(super) fn is_leaving(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether its container runs, and nobody has asked it to end.
    pub(super) fn runs(&self) -> bool {
        let running = self.container().is_some_and(|container| container.state.running.is_some());
        running && !self.is_leaving()
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether its readiness probe succeeds.
    pub(super) fn is_ready(&self) -> bool {
        self.runs() && self.condition("Ready").is_some_and(|ready| ready.status == "True")
    }
}
