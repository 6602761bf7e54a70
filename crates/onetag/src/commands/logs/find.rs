//! Which log is meant.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use anyhow::anyhow;
use camino::Utf8Path;

use crate::error::{Attach as _, Kind};
use crate::gc::dead::{self, RunState};
use crate::gc::finished;
use crate::keeper::Client;
use crate::run::ledger::Record;
use crate::run::{Layout, RunFolder, RunId};
use crate::system::signals::Interrupt;
use crate::workspace::suggest;

/// The log of a service in one run.
#[derive(Debug)]
pub(super) struct RunLog {
    pub(super) service: String,
    pub(super) folder: RunFolder,
    consumer: String,
    /// None if the run is over.
    state: Option<RunState>,
    /// Why the keeper could not see to it that all is in the log that was printed.
    pub(super) outdated: Option<anyhow::Error>,
}

impl RunLog {
    /// Whether somebody minds the run.
    pub(super) fn goes_on(&self) -> bool {
        matches!(self.state, Some(RunState::Active | RunState::Kept))
    }

    /// Has the keeper of the run see to it that all is in the log that was printed.
    pub(super) fn bring_up_to_date(&self) -> anyhow::Result<()> {
        Client::connect(&self.folder)?.collect_logs(Some(&self.service))
    }
}

impl fmt::Display for RunLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunLog { service, folder, consumer, state, .. } = self;
        let state = state.map_or("over", RunState::name);
        write!(f, "`{service}` in run {} of `{consumer}`, which is {state}", folder.run_id())
    }
}

/// The log of a service: in the youngest run of the workspace that goes on and has one,
/// else in one whose keeper is gone, else in the one that ended last.
///
/// # Errors
///
/// There is none; says which there are.
pub(super) fn find(
    layout: &Layout,
    root: &Utf8Path,
    service: &str,
    run: Option<RunId>,
    interrupt: &Interrupt,
) -> anyhow::Result<RunLog> {
    let candidates = candidates(layout, root, run)?;
    let (mut logs, mut outdated, is_known_run) = (BTreeSet::new(), None, !candidates.is_empty());
    for (folder, consumer, state) in candidates {
        interrupt.check()?;
        let mut log =
            RunLog { service: service.to_owned(), folder, consumer, state, outdated: None };
        // A backend may have logs elsewhere until somebody asks for them.
        log.outdated = log.goes_on().then(|| log.bring_up_to_date()).and_then(Result::err);
        // A name that is no file name is in no list.
        let of_run = logged(&log.folder);
        if of_run.contains(service) {
            return Ok(log);
        }
        outdated = outdated.or(log.outdated);
        logs.extend(of_run);
    }
    let error = match run {
        Some(run) if !is_known_run => {
            return Err(anyhow!("there is no run {run}").kind(Kind::Usage).hint(format!(
                "`cargo xtask status` lists runs that go on; those that are over lie in {}",
                layout.finished()
            )));
        }
        Some(run) => format!("run {run} has no log of `{service}`"),
        None => format!("no run of this workspace has a log of `{service}`"),
    };
    let error = outdated.map_or_else(|| anyhow!("{error}"), |cause| cause.context(error.clone()));
    let error = match logs.is_empty() {
        true => error.hint("`cargo xtask e2e <SERVICE>` or `up` makes one"),
        false => error.hint(suggest::among(service, "logs", &logs)),
    };
    // A service of the workspace may just not have run yet.
    let is_known = crate::workspace::load(root, interrupt)
        .is_ok_and(|workspace| workspace.services.contains_key(service));
    Err(if is_known { error } else { error.kind(Kind::Usage) })
}

/// The runs that are looked at, in that order: folder, suite, state.
fn candidates(
    layout: &Layout,
    root: &Utf8Path,
    run: Option<RunId>,
) -> anyhow::Result<Vec<(RunFolder, String, Option<RunState>)>> {
    let is_meant = |folder: &RunFolder| run.is_none_or(|run| folder.run_id() == run);
    let mut runs = dead::find(layout)?;
    runs.retain(|entry| {
        let is_here = run.is_some() || entry.is_of(root);
        is_meant(&entry.folder) && is_here && entry.state != RunState::Copy
    });
    runs.sort_by_key(|entry| {
        let is_left = matches!(entry.state, RunState::Orphaned | RunState::Dead);
        (is_left, Reverse(entry.folder.run_id()))
    });
    let runs = runs.into_iter().map(|entry| (entry.folder, entry.consumer, Some(entry.state)));
    let finished = finished::ended(layout)?.into_iter().filter(is_meant).filter_map(|folder| {
        let record = Record::read(folder.path()).unwrap_or_default();
        let is_here = run.is_some() || record.workspace().is_none_or(|workspace| workspace == root);
        let consumer = record.consumer().unwrap_or("unknown").to_owned();
        is_here.then_some((folder, consumer, None))
    });
    Ok(runs.chain(finished).collect())
}

/// The services that have a log in a run.
fn logged(folder: &RunFolder) -> BTreeSet<String> {
    let logs = folder.path().join("logs").read_dir_utf8().into_iter().flatten().flatten();
    logs.filter_map(|log| Some(log.file_name().strip_suffix(".log")?.to_owned())).collect()
}
