//! What the ledger says of things in a cluster: which cluster that is, and their name there.

use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use crate::run::ledger::BackendResource;

/// What the ledger calls things.
pub(super) const NAMESPACE: &str = "namespace";
pub(super) const WORKLOAD: &str = "workload";
pub(super) const IMAGE: &str = "image";

/// Something of a cluster's. Whoever removes it needs to know nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct KubeResource {
    pub(super) cluster: Cluster,
    pub(super) name: String,
}

impl KubeResource {
    pub(super) fn new(cluster: &Cluster, name: &str) -> KubeResource {
        KubeResource { cluster: cluster.clone(), name: name.to_owned() }
    }

    /// It, as it stands in the ledger.
    pub(super) fn of(&self, what: &str, service: &str) -> anyhow::Result<BackendResource> {
        Ok(BackendResource::new(what, service, serde_json::to_value(self)?))
    }

    /// What stands there.
    pub(super) fn read(resource: &BackendResource) -> anyhow::Result<KubeResource> {
        Ok(serde_json::from_value(resource.id.clone())?)
    }
}
