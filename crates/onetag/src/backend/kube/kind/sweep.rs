//! Clusters that no run uses any more.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{CLUSTER, KindCluster, PREFIX};
use crate::backend::kube::cluster::{Cluster, Delivery};
use crate::backend::kube::sweep::names;
use crate::backend::{Sweep, SweptObject, Verdict};
use crate::run::{RunFolder, RunId};

/// Deletes clusters that no run uses: one of a run's own in any case, the one that runs
/// share if that is asked for.
pub(crate) fn sweep(sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    let (runs, clusters) = (sweep.folder.join("runs"), sweep.folder.join("clusters"));
    let used = names(&runs).filter_map(|run| match read_cluster(&runs.join(run))?.delivery {
        Delivery::Nodes(kind) => Some(kind.name),
        _ => None,
    });
    let used: BTreeSet<String> = used.collect();
    let mut swept = Vec::new();
    for name in names(&clusters).filter(|name| !name.ends_with(".lock")) {
        let run = name.strip_prefix(PREFIX).and_then(|run| RunId::parse(run).ok());
        let verdict = if used.contains(&name) {
            Verdict::Left("a run uses it".to_owned())
        } else if run.is_none() && !sweep.clusters {
            Verdict::Left("runs share it; `cargo xtask gc --clusters` deletes it".to_owned())
        } else if sweep.dry_run {
            Verdict::Removed
        } else {
            let kind = KindCluster::named(&clusters.join(&name), run.is_some());
            let deleted = kind.and_then(|kind| {
                let _lock = kind.lock()?;
                kind.delete()
            });
            deleted
                .map_or_else(|error| Verdict::Failed(format!("{error:#}")), |()| Verdict::Removed)
        };
        swept.push(SweptObject { kind: CLUSTER, name, bytes: 0, verdict });
    }
    Ok(swept)
}

fn read_cluster(run: &Utf8Path) -> Option<Cluster> {
    Cluster::of(&RunFolder::at(run).ok()?).ok()?
}
