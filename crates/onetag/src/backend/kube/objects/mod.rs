//! The objects of a run, as a cluster gets them.
//!
//! `service` says of what a service consists, `workload` what its pods are, and
//! `namespace` what is made before any of them; `own` is for what a package brings itself.
//! `types` are the fields of Kubernetes that are used. Everything here is pure.

mod namespace;
mod object;
mod own;
mod service;
mod types;
mod workload;

#[cfg(test)]
mod tests;

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::run::RunId;
use crate::workspace::ClusterSettings;

pub(super) use namespace::{copied_pull_secret, namespace};
pub(super) use object::Object;
pub(super) use service::service;

/// What all objects of a run have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) run_id: RunId,
    pub(super) consumer: &'a str,
    /// Of the run.
    pub(super) namespace: &'a str,
    /// The harness's folder in the target folder.
    pub(super) target: &'a Utf8Path,
    pub(super) settings: &'a ClusterSettings,
    /// How nodes get the images that the run has built.
    pub(super) pull: PullPolicy,
    pub(super) security: PodSecurity,
}

/// How nodes get the images that the run has built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PullPolicy {
    /// They have them already.
    Never,
    /// From their registry.
    IfNotPresent,
}

/// What pods of the namespace may do at most: a level of the pod security standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PodSecurity {
    /// Some run as their image says: there are external services.
    Baseline,
    /// All run without privileges.
    Restricted,
}

/// What is applied in one go.
pub(super) fn list(objects: Vec<Object>) -> Value {
    let items: Vec<Value> = objects.into_iter().map(Value::from).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}
