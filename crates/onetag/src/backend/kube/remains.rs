//! What is left of a run in a cluster, and removing it.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

use super::LABEL_RUN;
use super::cluster::Cluster;
use super::images::Containerd;
use super::kubectl::Kubectl;
use super::pod::Condition;
use super::resource::{IMAGE, KubeResource, NAMESPACE};
use crate::backend::ImageRoute;
use crate::error::Attach as _;
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
    let KubeResource { cluster, name } = KubeResource::read(resource)?;
    match (resource.what.as_str(), &cluster.route) {
        (NAMESPACE, _) => remove_namespace(&cluster, &name).map(|()| true),
        (IMAGE, ImageRoute::Containerd(socket)) => {
            Containerd::at(socket)?.remove(&name).map(|()| true)
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
        false => Err(anyhow!("{namespace} does not end within {END:?}: {}", waits.join("; "))
            .hint(format!(
                "`kubectl get all --namespace {name}` shows what is in it, with its finalizers"
            ))),
    }
}

/// Takes the names of a service's earlier generations away.
pub(super) fn release_images(service: &str, current: &str, ledger: &Ledger) -> anyhow::Result<()> {
    let (outstanding, _) = ledger.record()?.of_backend();
    let images = outstanding.iter().filter(|it| it.what == IMAGE && it.name == service);
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
        let label = format!("{LABEL_RUN}={run_id}");
        let namespaces = Kubectl::new(cluster, None).names("namespaces", &label);
        let namespaces = namespaces.with_context(|| {
            format!("cannot look for the run in the cluster of `{}`", cluster.context)
        })?;
        left.extend(namespaces.into_iter().map(|name| Leftover { kind: NAMESPACE, name }));
        if let ImageRoute::Containerd(socket) = &cluster.route {
            let names = Containerd::at(socket)?.names(&run_id.to_string())?;
            left.extend(names.into_iter().map(|name| Leftover { kind: IMAGE, name }));
        }
    }
    Ok(left)
}
