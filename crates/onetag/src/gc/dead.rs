//! Runs that others left: finding out how each is, and clearing up dead ones.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::Context;
use crate::cycle::teardown::{end_orphans, teardown};
use crate::gc::finished::archive;
use crate::keeper::{Client, ServiceState};
use crate::report::Leftover;
use crate::run::ledger::Record;
use crate::run::{FileLock, Layout, RunFolder, remove_partial};
use crate::system::signals::Interrupt;

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    /// A harness is at work on it.
    Active,
    /// It outlives its harness, and its keeper is there.
    Kept,
    /// It was to outlive its harness, but its keeper is gone.
    Orphaned,
    /// Its harness and its keeper are gone.
    Dead,
}

/// A run that has a folder.
#[derive(Debug)]
pub(crate) struct RunEntry {
    pub(crate) folder: RunFolder,
    pub(crate) consumer: String,
    /// None if the ledger does not tell any more.
    workspace: Option<Utf8PathBuf>,
    pub(crate) state: RunState,
}

/// All runs that have a folder, the oldest first.
///
/// Nobody sees a run's lock taken for the moment in which it is looked at here:
/// whoever makes a run or takes one up again holds the same lock on all runs.
pub(crate) fn find(layout: &Layout) -> anyhow::Result<Vec<RunEntry>> {
    let mut found = Vec::new();
    if layout.list()?.is_empty() {
        return Ok(found);
    }
    let _runs = layout.lock_runs(&Interrupt::default())?;
    for folder in layout.list()? {
        let Ok(record) = Record::read(folder.path()) else {
            continue;
        };
        let Some(hold) = Hold::of(&folder)? else {
            continue;
        };
        let state = match (hold, record.is_kept()) {
            (Hold::Others, true) => RunState::Kept,
            (Hold::Others, false) => RunState::Active,
            (Hold::Nobody(_), true) => RunState::Orphaned,
            (Hold::Nobody(_), false) => RunState::Dead,
        };
        let consumer = record.consumer().unwrap_or("unknown").to_owned();
        let workspace = record.workspace().map(Utf8Path::to_owned);
        found.push(RunEntry { folder, consumer, workspace, state });
    }
    Ok(found)
}

/// Who holds a run.
enum Hold {
    /// A harness or a keeper.
    Others,
    /// Nobody did; now it is held here.
    Nobody(FileLock),
}

impl Hold {
    /// None if the run has ended: its folder was moved while it was looked at.
    ///
    /// A run moves while its lock is held. So if the lock is free and the folder
    /// is there, it stays there.
    fn of(folder: &RunFolder) -> anyhow::Result<Option<Hold>> {
        let lock = FileLock::try_take(&folder.lock());
        if !folder.path().exists() {
            return Ok(None);
        }
        Ok(Some(lock?.map_or(Hold::Others, Hold::Nobody)))
    }
}

/// The kept runs of a suite of the workspace at `root`, the oldest first.
///
/// Workspaces that share a target folder leave each other's runs alone.
pub(crate) fn kept(layout: &Layout, root: &Utf8Path, suite: &str) -> anyhow::Result<Vec<RunEntry>> {
    let mut found = find(layout)?;
    found.retain(|run| {
        run.consumer == suite
            && run.workspace.as_ref().is_none_or(|workspace| workspace == root)
            && matches!(run.state, RunState::Kept | RunState::Orphaned)
    });
    Ok(found)
}

/// Clears up after runs that died, and says so. Kept runs are left alone.
///
/// What is left of a dead run is told, and is no error of this command: its
/// exit code speaks of its own runs.
pub(crate) fn sweep(context: &Context) -> anyhow::Result<()> {
    let layout = context.layout();
    let (dead, kept) = others(&layout, &context.interrupt)?;
    // A command on a kept run that was killed leaves the run alone, and nobody
    // who would end what is left of its tools, or finish what it was writing.
    for folder in kept {
        match end_orphans(&folder) {
            // It was ended meanwhile.
            Err(_) if !folder.path().exists() => {}
            ended => ended?,
        }
        remove_partial(folder.path());
        remove_partial(&folder.diagnostics());
    }
    for (folder, _lock) in dead {
        let Some(leftovers) = end(&folder, &context.interrupt)? else {
            continue;
        };
        let age = humantime::format_duration(std::time::Duration::from_secs(
            folder.run_id().age().as_secs(),
        ));
        context.ui.line(format!(
            "cleared up after run {}, which died; it began {age} ago",
            folder.run_id()
        ));
        for leftover in leftovers {
            context.ui.line(format!("  left behind: {} {}", leftover.kind, leftover.name));
        }
    }
    Ok(())
}

/// Runs that nobody works on and that are not kept, with their locks; and those
/// that are kept.
fn others(layout: &Layout, interrupt: &Interrupt) -> anyhow::Result<Others> {
    let (mut dead, mut kept) = (Vec::new(), Vec::new());
    if layout.list()?.is_empty() {
        return Ok((dead, kept));
    }
    // New runs appear under this lock with their own lock taken.
    let _runs = layout.lock_runs(interrupt)?;
    for folder in layout.list()? {
        let Some(hold) = Hold::of(&folder)? else {
            continue;
        };
        match (hold, Record::read(folder.path())) {
            (_, Ok(record)) if record.is_kept() => kept.push(folder),
            (Hold::Nobody(lock), record) => {
                record?;
                dead.push((folder, lock));
            }
            (Hold::Others, _) => {}
        }
    }
    Ok((dead, kept))
}

type Others = (Vec<(RunFolder, FileLock)>, Vec<RunFolder>);

/// Tears a run down and moves it to the finished ones; returns what is left.
///
/// None if somebody else did that meanwhile: `down` and whoever clears up may
/// come to the same run as soon as its keeper has ended.
pub(crate) fn end(
    folder: &RunFolder,
    interrupt: &Interrupt,
) -> anyhow::Result<Option<Vec<Leftover>>> {
    let ended = teardown(folder, interrupt).and_then(|left| archive(folder).map(|()| left));
    match ended {
        Err(_) if !folder.path().exists() => Ok(None),
        ended => ended.map(Some),
    }
}

/// How the services of a kept run are; all of them are gone with the keeper.
pub(crate) fn services(folder: &RunFolder) -> BTreeMap<String, ServiceState> {
    let status = Client::connect(folder).and_then(|mut keeper| keeper.status());
    status.unwrap_or_default().services
}

#[cfg(test)]
#[path = "dead_tests.rs"]
mod tests;
