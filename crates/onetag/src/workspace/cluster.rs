//! What clusters have to know of a workspace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[workspace.metadata.onetag.kube]`: what the runs of this workspace need in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a table")]
pub struct ClusterSettings {
    /// What a run may use at most, as in `hard` of a ResourceQuota.
    pub quota: BTreeMap<String, String>,
    /// Labels of the nodes on which pods may run.
    pub node_selector: BTreeMap<String, String>,
    /// The secret with which nodes pull images, `<namespace>/<name>`: it is copied into the
    /// namespace of the run.
    pub pull_secret: Option<String>,
    /// The name of the service account that pods have in the namespace of the run.
    pub service_account: Option<String>,
}
