//! Clusters of kind: one of the workspace, made when it is not there, or one of a run's own.

mod cluster;
mod message;
mod provider;
mod sweep;

use std::time::Duration;

pub(crate) use cluster::KindCluster;
pub(super) use provider::{program, provider};
pub(super) use sweep::sweep;

/// What the names of all clusters begin with.
const PREFIX: &str = "onetag-";

/// What the ledger calls a cluster.
pub(super) const CLUSTER: &str = "cluster";

/// The variable that names the image of nodes, where it is not to be kind's own.
const NODE_IMAGE: &str = "ONETAG_KIND_NODE_IMAGE";

/// How long kind, or the engine below it, may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
