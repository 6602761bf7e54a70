//! What is left of a run in a cluster, and removing it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::LABEL_RUN;
use super::cluster::{Cluster, Delivery};
use super::images::Containerd;
use super::kind::{CLUSTER, KindCluster};
use super::kubectl::Kubectl;
use super::pod::Condition;
use super::resource::{IMAGE, KubeResource, NAMESPACE};
use crate::report::Leftover;
use crate::run::RunId;
use crate::run::ledger::{BackendResource, Ledger};

/// How long the end of a namespace is waited for.
const END: Duration = Duration::from_secs(75);

/// What a cluster tells of a namespace.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamespaceInfo {
    status: NamespaceStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamespaceStatus {
    phase: String,
    conditions: Vec<Condition>,
}

/// Removes something of the ledger's, by the name that only this run gave it; says whether
/// it is gone.
pub(super) fn remove(resource: &BackendResource) -> anyhow::Result<bool> {
    if resource.what == CLUSTER {
        let cluster: KindCluster = serde_json::from_value(resource.id.clone())?;
        return cluster.delete().map(|()| true);
    }
    let KubeResource { cluster, name } = KubeResource::read(resource)?;
    match (resource.what.as_str(), &cluster.delivery) {
        // It goes with the cluster, which was made before it, or has gone with it.
        (_, Delivery::Nodes(kind)) if kind.is_fresh || !kind.exists()? => Ok(true),
        (NAMESPACE, _) => remove_namespace(&cluster, &name).map(|()| true),
        (IMAGE, Delivery::Containerd(_) | Delivery::Nodes(_)) => {
            let nodes = Containerd::all(&cluster.delivery)?;
            nodes.iter().try_for_each(|node| node.remove(&name)).map(|()| true)
        }
        // A registry removes an image by its digest, with all names that others have for it.
        _ => Ok(false),
    }
}

/// Removes a namespace with all that is in it.
///
/// # Errors
///
/// It is still there when the time is up; says what it waits for.
pub(super) fn remove_namespace(cluster: &Cluster, name: &str) -> anyhow::Result<()> {
    let kubectl = Kubectl::new(cluster, None);
    kubectl
        .end(["delete", "namespace", name, "--ignore-not-found", "--wait=false"], Duration::ZERO)?;
    let (namespace, timeout) =
        (format!("namespace/{name}"), format!("--timeout={}s", END.as_secs()));
    let waited = kubectl.end(["wait", "--for=delete", &namespace, &timeout], END);
    let Err(error) = waited else { return Ok(()) };
    let Some(left) = kubectl.get::<NamespaceInfo>([namespace.as_str()])? else { return Ok(()) };
    let conditions = left.status.conditions.iter().filter(|condition| condition.status == "True");
    let waits: Vec<&str> = conditions.map(|condition| condition.message.as_str()).collect();
    match waits.is_empty() && left.status.phase != "Terminating" {
        true => Err(error),
        // One of several things that are left, so this is no hint of its own.
        false => bail!(
            "{namespace} does not end within {END:?}: {}; `kubectl get all,pvc --namespace {name} \
             --output yaml` shows what is in it, with its finalizers",
            waits.join("; ")
        ),
    }
}

/// Takes the names of a service's earlier generations away.
pub(super) fn release_images(service: &str, current: &str, ledger: &Ledger) -> anyhow::Result<()> {
    let (outstanding, _) = ledger.record()?.of_backend();
    let images =
        outstanding.iter().filter(|resource| resource.what == IMAGE && resource.name == service);
    for image in images {
        if KubeResource::read(image)?.name != current && remove(image)? {
            ledger.released(image)?;
        }
    }
    Ok(())
}

/// The clusters in which a run has made something, as its ledger says.
pub(super) fn clusters<'a>(made: impl Iterator<Item = &'a BackendResource>) -> Vec<Cluster> {
    let named_by = made.filter_map(|resource| Some(KubeResource::read(resource).ok()?.cluster));
    let mut clusters: Vec<Cluster> = Vec::new();
    for cluster in named_by {
        if !clusters.contains(&cluster) {
            clusters.push(cluster);
        }
    }
    clusters
}

/// What carries the id of the run, in its label or its name.
pub(super) fn leftovers(clusters: &[Cluster], run_id: RunId) -> anyhow::Result<Vec<Leftover>> {
    let mut left = Vec::new();
    for cluster in clusters {
        if let Delivery::Nodes(kind) = &cluster.delivery {
            if !kind.exists()? {
                continue;
            }
            let name = kind.name.clone();
            left.extend(kind.is_fresh.then_some(Leftover { kind: CLUSTER, name }));
        }
        let label = format!("{LABEL_RUN}={run_id}");
        let namespaces = Kubectl::new(cluster, None).names("namespaces", &label);
        let namespaces = namespaces.with_context(|| {
            format!("cannot look for the run in the cluster of `{}`", cluster.context)
        })?;
        left.extend(namespaces.into_iter().map(|name| Leftover { kind: NAMESPACE, name }));
        let mut images = BTreeSet::new();
        for node in Containerd::all(&cluster.delivery)? {
            images.extend(node.names(&run_id.to_string())?);
        }
        left.extend(images.into_iter().map(|name| Leftover { kind: IMAGE, name }));
    }
    Ok(left)
}
