//! What engines have of runs that are no more; for `gc`.

use std::collections::BTreeSet;

use super::client::Client;
use super::dialect::Dialect;
use super::remains::{lines, remove};
use super::{CONTAINER, IMAGE, LABEL_RUN, LABEL_TARGET, NETWORK, VOLUME};
use crate::backend::{Sweep, SweptObject, Verdict};
use crate::run::RunId;
use crate::run::ledger::BackendResource;

/// Something of a run, whichever run that is.
struct Found {
    kind: &'static str,
    name: String,
    run: RunId,
    /// Whether it is of this target folder.
    is_ours: bool,
}

/// Removes what carries this target folder and no run that there is.
///
/// An engine that is not there or does not answer has nothing that could be removed.
pub(super) fn sweep(dialect: &'static Dialect, sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    let Ok(client) = Client::probe(dialect) else { return Ok(Vec::new()) };
    let found = find(&client, sweep)?;
    let swept = found.into_iter().filter(|found| !sweep.runs.contains(&found.run)).map(|found| {
        let Found { kind, name, run, is_ours } = found;
        let resource = BackendResource::new(kind, &name, name.clone().into());
        let verdict = match is_ours {
            false => Verdict::Left(format!("of run {run}, which is not of this target folder")),
            true if sweep.dry_run => Verdict::Removed,
            true => match remove(&client, &resource) {
                Ok(_) => Verdict::Removed,
                Err(error) => Verdict::Failed(format!("{error:#}")),
            },
        };
        SweptObject { kind, name, bytes: 0, verdict }
    });
    Ok(swept.collect())
}

/// What there is of runs: containers before the networks, images and volumes that they
/// use.
fn find(client: &Client, sweep: &Sweep) -> anyhow::Result<Vec<Found>> {
    let finished = sweep.folder.join("finished").read_dir_utf8().into_iter().flatten().flatten();
    let mut ours: BTreeSet<RunId> = finished.filter_map(|run| run_id(run.file_name())).collect();
    let mut found = Vec::new();
    let lists: [(_, &[&str], _); 3] = [
        (CONTAINER, &["ps", "--all"], "{{.Names}}"),
        (NETWORK, &["network", "ls"], "{{.Name}}"),
        (VOLUME, &["volume", "ls"], "{{.Name}}"),
    ];
    let [of_any_run, of_this_folder] =
        [format!("label={LABEL_RUN}"), format!("label={LABEL_TARGET}={}", sweep.folder)];
    for (kind, list, name) in lists {
        let list = |label: &str| {
            let options = ["--filter", label, "--format", name];
            lines(client, &[list, &options].concat())
        };
        let of_this_folder = list(&of_this_folder)?;
        for name in list(&of_any_run)? {
            let Some(run) = name.split('-').nth(1).and_then(run_id) else { continue };
            let is_ours = of_this_folder.contains(&name);
            ours.extend(is_ours.then_some(run));
            found.push(Found { kind, name, run, is_ours });
        }
    }
    // Images have no labels, which would be part of their bytes.
    for name in lines(client, &["images", "--format", "{{.Repository}}:{{.Tag}}"])? {
        let tag = name.rsplit(':').next().unwrap_or_default();
        let tag = tag.split('.').next().unwrap_or_default();
        let Some(run) = tag.rsplit('-').next().and_then(run_id) else { continue };
        found.push(Found { kind: IMAGE, name, run, is_ours: ours.contains(&run) });
    }
    // Engines tell them in any order; containers come first, which use the others.
    found.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    Ok(found)
}

fn run_id(text: &str) -> Option<RunId> {
    RunId::parse(text).ok()
}
