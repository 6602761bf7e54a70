//! What was prepared and started in a cluster, as the keeper remembers it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::images::KubeImage;
use super::kubectl::Kubectl;
use super::logs::Collected;
use super::pod::{Event, List};
use super::state::{ContainerImages, ExpectedPods};
use crate::backend::manifests::for_each_container;
use crate::backend::{ServiceSpec, lock};

/// How often the cluster is asked why pods are missing.
const EVENTS_INTERVAL: Duration = Duration::from_secs(1);

/// What was prepared for a run.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct KubePrepared {
    /// On 127.0.0.1, by service and port.
    pub(super) ports: BTreeMap<String, u16>,
    /// Whether some of its pods run as their image says.
    pub(super) has_externals: bool,
    /// Whether the database is a server of the run's.
    pub(super) has_server: bool,
}

/// A service that this keeper started.
#[derive(Clone, Debug)]
pub(super) struct Started {
    /// With the name that nodes have for its image.
    pub(super) spec: ServiceSpec,
    pub(super) image: KubeImage,
    /// The kind of its workload.
    pub(super) kind: String,
    pub(super) collected: Arc<Mutex<Collected>>,
    /// What the cluster told about missing pods, and when.
    events: Arc<Mutex<(Instant, Vec<Event>)>>,
}

impl Started {
    pub(super) fn new(spec: ServiceSpec, image: KubeImage, kind: &str) -> Started {
        let events = Arc::new(Mutex::new((Instant::now(), Vec::new())));
        Started { spec, image, kind: kind.to_owned(), collected: Arc::default(), events }
    }

    pub(super) fn expected(&self) -> ExpectedPods<'_> {
        let ServiceSpec { generation, replicas, .. } = &self.spec;
        let (service, replicas) = (self.spec.service(), *replicas as usize);
        ExpectedPods { service, generation: *generation, replicas, images: self.images() }
    }

    /// What containers of its objects are to run.
    pub(super) fn images(&self) -> ContainerImages {
        let mut images = ContainerImages::new();
        if self.spec.manifests.is_empty() {
            images.insert((self.spec.service().to_owned(), self.spec.reference.clone()));
        }
        for object in &self.spec.manifests {
            for_each_container(&mut object.clone(), &mut |container| {
                let text = |key: &str| container[key].as_str().unwrap_or_default().to_owned();
                images.insert((text("name"), text("image")));
            });
        }
        images
    }

    /// What the cluster tells about pods that it does not make.
    pub(super) fn events(&self, kubectl: &Kubectl) -> anyhow::Result<Vec<Event>> {
        let mut events = lock(&self.events);
        if events.0.elapsed() >= EVENTS_INTERVAL {
            let asked = ["events", "--field-selector", "type=Warning,reason=FailedCreate"];
            let listed: Option<List<Event>> = kubectl.get(asked)?;
            *events = (Instant::now(), listed.unwrap_or_default().items);
        }
        Ok(events.1.clone())
    }
}
