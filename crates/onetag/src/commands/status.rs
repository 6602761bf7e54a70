//! `status`: the runs that there are, and how their services are.

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::{Format, print_json};
use crate::backend::{BackendResource, RunPlan};
use crate::context::here;
use crate::exit::Exit;
use crate::gc::dead::{self, RunEntry, RunState};
use crate::report::{Ui, write_stdout};
use crate::run::ledger::Record;
use crate::run::{Layout, RunId};
use crate::system::signals::Interrupt;

/// Show the runs that there are
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// What goes to stdout: a table, or one JSON document
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Of what `status --format json` prints; it changes when a key goes or changes its
/// meaning.
const SCHEMA: u32 = 2;

/// What `status --format json` prints.
#[derive(Serialize)]
struct Listing {
    /// Clusters of kind's that the harness made, by name.
    clusters: Vec<String>,
    runs: Vec<Shown>,
    schema: u32,
}

/// One run, as `status` shows it.
#[derive(Debug, Serialize)]
struct Shown {
    run_id: RunId,
    consumer: String,
    /// Of the present generation; the run id alone as long as nothing runs.
    tag: Option<String>,
    /// `active`, `kept`, `orphaned`, `dead` or `copy`.
    state: &'static str,
    /// Whether the machine was started anew since its keeper was there last.
    of_an_earlier_boot: bool,
    /// Whether another version of the harness started it.
    of_another_version: bool,
    age_seconds: u64,
    folder: Utf8PathBuf,
    /// The root of the workspace that it is of; several may share a target folder.
    workspace: Option<Utf8PathBuf>,
    #[serde(skip)]
    is_of_another_workspace: bool,
    services: BTreeMap<String, ShownService>,
}

#[derive(Debug, Default, Serialize)]
struct ShownService {
    state: String,
    url: Option<String>,
    image: Option<String>,
}

/// Shows all runs of this workspace; data, hence on stdout.
pub(crate) fn status(arguments: &Status, ui: &Ui) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let place = crate::workspace::locate(&here()?, &interrupt)?;
    let layout = Layout::below(&place.target_directory);
    let found = dead::find(&layout)?;
    let clusters = layout.list_clusters();
    let runs: Vec<Shown> = found.iter().map(|run| show(run, &place.root)).collect();
    interrupt.check()?;
    match arguments.format {
        Format::Json => print_json(&Listing { clusters, runs, schema: SCHEMA })?,
        Format::Human => {
            match runs.is_empty() {
                true => ui.line("there are no runs"),
                false => write_stdout(table(&runs).as_bytes()),
            }
            for name in clusters {
                let line = format!("cluster {name} is up; `cargo xtask gc --clusters` deletes it");
                write_stdout(format!("{line}\n").as_bytes());
            }
        }
    }
    Ok(Exit::Success)
}

/// As the workspace at `root` sees it.
fn show(found: &RunEntry, root: &Utf8Path) -> Shown {
    let plan = RunPlan::read(&found.folder).ok();
    let deployed = plan.iter().flat_map(|plan| &plan.services).map(|(name, deployed)| {
        let (url, image) = (deployed.url(), Some(deployed.reference.clone()));
        (name.clone(), ShownService { state: "gone".to_owned(), url, image })
    });
    let mut services: BTreeMap<String, ShownService> = deployed.collect();
    let states = match found.state {
        RunState::Copy => BTreeMap::new(),
        _ => dead::services(&found.folder),
    };
    for (name, state) in states {
        services.entry(name).or_default().state = state.describe();
    }
    for (name, state) in survivors(found) {
        services.entry(name).or_default().state = state;
    }
    Shown {
        run_id: found.folder.run_id(),
        consumer: found.consumer.clone(),
        tag: plan.map(|plan| plan.tag),
        state: found.state.name(),
        of_an_earlier_boot: found.is_of_an_earlier_boot,
        of_another_version: found.other_version.is_some(),
        age_seconds: found.folder.run_id().age().as_secs(),
        folder: found.folder.path().to_owned(),
        workspace: found.workspace.clone(),
        is_of_another_workspace: !found.is_of(root) && found.state != RunState::Copy,
        services,
    }
}

/// The services of a run that outlived their keeper, which `up` and `down` end, and how
/// they are.
fn survivors(found: &RunEntry) -> BTreeMap<String, String> {
    let (RunState::Orphaned | RunState::Dead) = found.state else { return BTreeMap::new() };
    let look = || {
        let record = Record::read(found.folder.path())?;
        let runtime = (record.backend()?.backend().runtime)(&found.folder);
        let (outstanding, _) = record.of_backend();
        let survivor =
            |resource: &BackendResource| Some((resource.name.clone(), runtime.survivor(resource)?));
        anyhow::Ok(outstanding.iter().filter_map(survivor).collect())
    };
    // What cannot be read is told by the verbs that change something.
    look().unwrap_or_default()
}

fn table(runs: &[Shown]) -> String {
    let mut text = String::new();
    for run in runs {
        let name = run.tag.clone().unwrap_or_else(|| format!("{}-{}", run.consumer, run.run_id));
        let age = humantime::format_duration(Duration::from_secs(run.age_seconds));
        let state = match run.state {
            _ if run.of_another_version => "of another version",
            "orphaned" if run.of_an_earlier_boot => "orphaned since the last boot",
            state => state,
        };
        text.push_str(&format!("{name}  {state}  {age} old\n"));
        if let Some(workspace) = run.workspace.as_ref().filter(|_| run.is_of_another_workspace) {
            text.push_str(&format!("  of workspace {workspace}\n"));
        }
        let width = run.services.keys().map(String::len).max().unwrap_or(0);
        for (name, service) in &run.services {
            let url = service.url.iter().map(|url| format!("{url}  "));
            let url: String = url.collect();
            text.push_str(&format!("  {name:<width$}  {url}{}\n", service.state));
        }
        text.push_str(&format!("  {}\n", run.folder));
    }
    text
}
