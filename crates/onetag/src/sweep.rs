//! Runs that others left: finding out how each is, and clearing up dead ones.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::Context;
use crate::finished::archive;
use crate::keeper::{Client, ServiceState};
use crate::ledger::Record;
use crate::run::{FileLock, Layout, RunFolder};
use crate::teardown::teardown;

/// How a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// A harness is at work on it.
    Working,
    /// It outlives its harness, and its keeper is there.
    Kept,
    /// It was to outlive its harness, but its keeper is gone.
    KeptWithoutKeeper,
    /// Its harness and its keeper are gone.
    Dead,
}

/// A run that has a folder.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) folder: RunFolder,
    pub(crate) consumer: String,
    /// None if the ledger does not tell any more.
    workspace: Option<Utf8PathBuf>,
    pub(crate) life: Life,
}

/// All runs that have a folder, the oldest first.
pub(crate) fn find(layout: &Layout) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for folder in layout.list()? {
        let Ok(record) = Record::read(folder.path()) else {
            continue;
        };
        // A folder that vanishes while it is looked at is a run that ends.
        if !folder.path().exists() {
            continue;
        }
        let locked = FileLock::try_take(&folder.lock()).is_ok_and(|lock| lock.is_none());
        let life = match (locked, record.is_kept()) {
            (true, true) => Life::Kept,
            (true, false) => Life::Working,
            (false, true) => Life::KeptWithoutKeeper,
            (false, false) => Life::Dead,
        };
        let consumer = record.consumer().unwrap_or("unknown").to_owned();
        let workspace = record.workspace().map(Utf8Path::to_owned);
        found.push(Found { folder, consumer, workspace, life });
    }
    Ok(found)
}

/// The kept runs of a suite of the workspace at `root`, the oldest first.
///
/// Workspaces that share a target folder leave each other's runs alone.
pub(crate) fn kept(layout: &Layout, root: &Utf8Path, suite: &str) -> anyhow::Result<Vec<Found>> {
    let mut found = find(layout)?;
    found.retain(|run| {
        run.consumer == suite
            && run.workspace.as_ref().is_none_or(|workspace| workspace == root)
            && matches!(run.life, Life::Kept | Life::KeptWithoutKeeper)
    });
    Ok(found)
}

/// Clears up after runs that died, and says so. Kept runs are left alone.
pub(crate) fn sweep(context: &Context) -> anyhow::Result<()> {
    let layout = context.layout();
    if layout.list()?.is_empty() {
        return Ok(());
    }
    // New runs appear under this lock with their own lock taken.
    let runs = layout.lock_runs(&context.interrupt)?;
    let mut dead = Vec::new();
    for folder in layout.list()? {
        if let Some(lock) = FileLock::try_take(&folder.lock())?
            && !Record::read(folder.path())?.is_kept()
        {
            dead.push((folder, lock));
        }
    }
    drop(runs);
    for (folder, _lock) in dead {
        let leftovers = teardown(&folder, &context.interrupt)?;
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
        archive(&folder)?;
    }
    Ok(())
}

/// How the services of a kept run are; all of them are gone with the keeper.
pub(crate) fn services(folder: &RunFolder) -> BTreeMap<String, ServiceState> {
    let status = Client::connect(folder).and_then(|mut keeper| keeper.status());
    status.unwrap_or_default().services
}
