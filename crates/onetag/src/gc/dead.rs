//! Runs that others left: finding out how each is, and ending one.

use std::collections::BTreeMap;

use anyhow::anyhow;
use camino::{Utf8Path, Utf8PathBuf};

use crate::cycle::teardown::{teardown, teardown_of_another_version};
use crate::error::Attach as _;
use crate::gc::finished::archive;
use crate::keeper::{Client, ServiceState};
use crate::report::Leftover;
use crate::run::ledger::{Record, VERSION};
use crate::run::{FileLock, Layout, RunFolder};
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
    /// It is a copy or a backup of a run's folder, and no run.
    Copy,
}

impl RunState {
    /// What `status` and `logs` call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RunState::Active => "active",
            RunState::Kept => "kept",
            RunState::Orphaned => "orphaned",
            RunState::Dead => "dead",
            RunState::Copy => "copy",
        }
    }
}

/// A run that has a folder.
#[derive(Clone, Debug)]
pub(crate) struct RunEntry {
    pub(crate) folder: RunFolder,
    pub(crate) consumer: String,
    /// The root of the workspace that it is of; none if the ledger does not tell any more.
    pub(crate) workspace: Option<Utf8PathBuf>,
    pub(crate) state: RunState,
    /// The format of its ledger, if this version of the harness writes another one.
    pub(crate) other_version: Option<u32>,
    /// Whether the machine was started anew since its keeper was there last.
    pub(crate) is_of_an_earlier_boot: bool,
    /// Where its folder was when it was minted, if it lies elsewhere now.
    pub(crate) moved_from: Option<Utf8PathBuf>,
}

impl RunEntry {
    fn new(folder: RunFolder, record: &Record, state: RunState) -> RunEntry {
        let origin = record.origin().map(|origin| origin.folder);
        RunEntry {
            consumer: record.consumer().unwrap_or("unknown").to_owned(),
            workspace: record.workspace().map(Utf8Path::to_owned),
            state,
            other_version: record.other_version(),
            is_of_an_earlier_boot: record.is_of_an_earlier_boot(),
            moved_from: origin.filter(|origin| origin != folder.path()),
            folder,
        }
    }

    /// Whether it is of the workspace at `root`, or might be.
    pub(crate) fn is_of(&self, root: &Utf8Path) -> bool {
        self.workspace.as_ref().is_none_or(|workspace| workspace == root)
    }

    /// # Errors
    ///
    /// When this version of the harness cannot go on with the run, or the run cannot go
    /// on where it lies: it can only be ended.
    pub(crate) fn expect_usable(&self) -> anyhow::Result<()> {
        let suite = &self.consumer;
        let error = match (self.other_version, &self.moved_from) {
            (Some(version), _) => anyhow!("the format of its ledger is {version}, not {VERSION}")
                .context(format!(
                    "the kept run of `{suite}` was started by another version of the harness"
                )),
            (None, Some(before)) => {
                anyhow!("it was started in {before}, and lies in {} now", self.folder.path())
                    .context(format!("the folder of the kept run of `{suite}` was moved"))
            }
            (None, None) => return Ok(()),
        };
        Err(error.hint(format!("`cargo xtask down {suite}` ends it")))
    }
}

/// A run, and its lock if it is dead.
pub(super) type HeldEntry = (RunEntry, Option<FileLock>);

/// All runs that have a folder, the oldest first.
pub(crate) fn find(layout: &Layout) -> anyhow::Result<Vec<RunEntry>> {
    // One whose ledger cannot be read is no reason to show no other.
    let held = look(layout, &Interrupt::default())?.into_iter().flatten();
    Ok(held.map(|(entry, _)| entry).collect())
}

/// All runs that have a folder, the oldest first; dead ones with their locks. An error
/// for each whose ledger cannot be read.
///
/// Nobody sees another run's lock taken for the moment in which it is looked at here:
/// whoever makes a run or takes one up again holds the same lock on all runs.
pub(super) fn look(
    layout: &Layout,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<anyhow::Result<HeldEntry>>> {
    let mut found = Vec::new();
    if layout.list()?.is_empty() {
        return Ok(found);
    }
    // New runs appear under this lock with their own lock taken.
    let _runs = layout.lock_runs(interrupt)?;
    for folder in layout.list()? {
        let Some(hold) = Hold::of(&folder)? else {
            continue;
        };
        let record = match Record::read(folder.path()) {
            Ok(record) => record,
            Err(error) => {
                found.push(Err(error));
                continue;
            }
        };
        let is_original = record.origin().is_none_or(|origin| origin.is_of(folder.path()));
        let (state, lock) = match (hold, record.is_kept()) {
            (Hold::Others, true) => (RunState::Kept, None),
            (Hold::Others, false) => (RunState::Active, None),
            (Hold::Nobody(_), _) if !is_original => (RunState::Copy, None),
            (Hold::Nobody(_), true) => (RunState::Orphaned, None),
            (Hold::Nobody(lock), false) => (RunState::Dead, Some(lock)),
        };
        found.push(Ok((RunEntry::new(folder, &record, state), lock)));
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
    let mut found = of_suite(layout, root, suite)?;
    found.retain(|run| matches!(run.state, RunState::Kept | RunState::Orphaned));
    Ok(found)
}

/// The kept runs of a suite of this name of other workspaces, the oldest first.
pub(crate) fn kept_by_others(
    layout: &Layout,
    root: &Utf8Path,
    suite: &str,
) -> anyhow::Result<Vec<RunEntry>> {
    let mut found = find(layout)?;
    found.retain(|run| {
        matches!(run.state, RunState::Kept | RunState::Orphaned)
            && run.consumer == suite
            && !run.is_of(root)
    });
    Ok(found)
}

/// The runs of a suite that can be ended, the oldest first: all but those that a
/// harness is at work on, and what only looks like a run.
pub(crate) fn endable(
    layout: &Layout,
    root: &Utf8Path,
    suite: &str,
) -> anyhow::Result<Vec<RunEntry>> {
    let mut found = of_suite(layout, root, suite)?;
    found.retain(|run| run.state != RunState::Active);
    Ok(found)
}

fn of_suite(layout: &Layout, root: &Utf8Path, suite: &str) -> anyhow::Result<Vec<RunEntry>> {
    let mut found = find(layout)?;
    found.retain(|run| run.consumer == suite && (run.is_of(root) || run.state == RunState::Copy));
    Ok(found)
}

/// Tears a run down and moves it to the finished ones; returns what is left.
///
/// None if somebody else did that meanwhile: `down` and whoever clears up may
/// come to the same run as soon as its keeper has ended.
pub(crate) fn end(run: &RunEntry, interrupt: &Interrupt) -> anyhow::Result<Option<Vec<Leftover>>> {
    let folder = &run.folder;
    let torn_down = match run.other_version {
        Some(_) => teardown_of_another_version(folder, interrupt),
        None => teardown(folder, interrupt),
    };
    match torn_down.and_then(|left| archive(folder).map(|()| left)) {
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
