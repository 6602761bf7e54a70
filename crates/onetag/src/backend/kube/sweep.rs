//! What clusters have of runs that are no more; for `gc`.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde::Deserialize;

use super::cluster::{Cluster, Delivery};
use super::images::Containerd;
use super::kind;
use super::kubectl::Kubectl;
use super::pod::{List, Metadata};
use super::remains::remove_namespace;
use super::resource::{IMAGE, NAMESPACE};
use super::{ANNOTATION_TARGET, LABEL_RUN};
use crate::backend::{Sweep, SweptObject, Verdict};
use crate::run::{RunId, read_json};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    metadata: Metadata,
}

/// Looks in the clusters that callers have named.
pub(super) fn of_named(sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    Ok(objects(sweep, |delivery| !matches!(delivery, Delivery::Nodes(_))))
}

/// Looks in the clusters of kind, and for those that no run uses.
pub(super) fn of_kind(sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    let mut swept = objects(sweep, |delivery| matches!(delivery, Delivery::Nodes(_)));
    swept.extend(kind::sweep(sweep)?);
    Ok(swept)
}

/// Looks in all clusters that runs of this target folder have used, as far as that is
/// known, and removes what carries the folder and no run that there is.
///
/// A cluster that does not answer has nothing that could be removed.
fn objects(sweep: &Sweep, is_wanted: impl Fn(&Delivery) -> bool) -> Vec<SweptObject> {
    let mut swept = Vec::new();
    let finished = sweep.folder.join("finished");
    let ours: BTreeSet<RunId> =
        names(&finished).filter_map(|name| RunId::parse(&name).ok()).collect();
    let clusters = clusters(&sweep.folder).into_iter();
    for cluster in clusters.filter(|cluster| is_wanted(&cluster.delivery)) {
        let listed = Kubectl::new(&cluster, None).get(["namespaces", "--selector", LABEL_RUN]);
        let Ok(listed) = listed else { continue };
        for Namespace { metadata } in listed.unwrap_or_else(List::default).items {
            let run = metadata.labels.get(LABEL_RUN).and_then(|run| RunId::parse(run).ok());
            let Some(run) = run.filter(|run| !sweep.runs.contains(run)) else { continue };
            let of = metadata.annotations.get(ANNOTATION_TARGET);
            let is_ours = of.is_some_and(|of| *of == sweep.folder);
            let name = metadata.name;
            let verdict = verdict(sweep, run, is_ours, || remove_namespace(&cluster, &name));
            swept.push(SweptObject { kind: NAMESPACE, name, bytes: 0, verdict });
        }
        let nodes = Containerd::all(&cluster.delivery).unwrap_or_default();
        // Images have no labels, which would be part of their bytes.
        let names = nodes.iter().flat_map(|node| node.names("localhost/").unwrap_or_default());
        for name in names.collect::<BTreeSet<_>>() {
            let tag = name.rsplit(':').next().unwrap_or_default();
            let tag = tag.split('.').next().unwrap_or_default();
            let run = tag.rsplit('-').next().and_then(|run| RunId::parse(run).ok());
            let Some(run) = run.filter(|run| !sweep.runs.contains(run)) else { continue };
            let verdict = verdict(sweep, run, ours.contains(&run), || {
                nodes.iter().try_for_each(|node| node.remove(&name))
            });
            swept.push(SweptObject { kind: IMAGE, name, bytes: 0, verdict });
        }
    }
    swept
}

fn verdict(
    sweep: &Sweep,
    run: RunId,
    is_ours: bool,
    remove: impl FnOnce() -> anyhow::Result<()>,
) -> Verdict {
    match is_ours {
        false => Verdict::Left(format!("of run {run}, which is not of this target folder")),
        true if sweep.dry_run => Verdict::Removed,
        true => match remove() {
            Ok(()) => Verdict::Removed,
            Err(error) => Verdict::Failed(format!("{error:#}")),
        },
    }
}

/// The clusters of runs of this folder, those that are over included.
pub(super) fn clusters(folder: &Utf8Path) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for runs in ["runs", "finished"].map(|name| folder.join(name)) {
        for run in names(&runs) {
            let cluster = read_json::<Cluster>(&runs.join(run).join("cluster.json"));
            if let Ok(cluster) = cluster
                && !clusters.iter().any(|known| {
                    (&known.kubeconfig, &known.context, &known.delivery)
                        == (&cluster.kubeconfig, &cluster.context, &cluster.delivery)
                })
            {
                clusters.push(cluster);
            }
        }
    }
    clusters
}

pub(super) fn names(folder: &Utf8Path) -> impl Iterator<Item = String> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_owned())
}
