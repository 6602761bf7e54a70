//! Runs that are over: moving them out of the way, and which of them stay.
//!
//! A run that has ended moves from `runs/` to `finished/` and is entered in an
//! index with its size, in the order in which runs end. So it is known without
//! looking into any folder how many of them stay. The index can be lost: runs
//! that do not stand in it are taken for older than those that do.

mod index;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use crate::gc::size;
use crate::run::{FileLock, Layout, RunFolder, RunId, make_folder, remove, remove_partial};
use crate::system::signals::Interrupt;
use index::Index;

/// How many finished runs stay: enough to look back over an afternoon.
const RUNS: usize = 20;

/// How many bytes they may have together. A run of a large suite has a few
/// megabytes of logs, so that the number of runs decides as long as no service
/// floods its log; and a target folder has a multiple of it.
const BYTES: u64 = 512 << 20;

/// How many runs one command removes at most. Each command adds one or a few; more
/// go only where many were left, and no single command is to pay for those.
const AT_ONCE: usize = 20;

/// How many names of folders one command reads at most: there are no more than a
/// few dozen, unless somebody put thousands there.
const NAMES: usize = 500;

/// How long others may take with the index: they read and write a few lines.
const OTHERS: Duration = Duration::from_secs(10);

/// Moves a run that has ended to where finished runs lie.
///
/// The lock of the run moves along: whoever looks for dead runs finds it held by
/// the caller as long as the folder is among those that live.
pub(crate) fn archive(folder: &RunFolder) -> anyhow::Result<()> {
    let layout = folder.layout();
    let target = layout.finished_run(folder.run_id());
    make_folder(&layout.finished())?;
    let _lock = lock(&layout)?;
    // Before it is there, so that nobody takes it for an old one.
    Index::append(&layout.finished_index(), folder.run_id(), size(folder.path()))?;
    match fs::rename(folder.path(), target.path()) {
        // Somebody else who clears up was faster.
        Err(error) if error.kind() == ErrorKind::NotFound && !folder.path().exists() => Ok(()),
        renamed => {
            renamed
                .with_context(|| format!("cannot move {} to {}", folder.path(), target.path()))?;
            remove(&target.lock())
        }
    }
}

/// Finished runs, the one that ended last first.
pub(crate) fn ended(layout: &Layout) -> anyhow::Result<Vec<RunFolder>> {
    let there = |run| layout.finished_run(run).path().exists();
    let index = Index::read(&layout.finished_index());
    let runs = index.in_order(there, list(&layout.finished(), NAMES)?);
    Ok(runs.into_iter().rev().map(|(run, _)| layout.finished_run(run)).collect())
}

/// Lets go of the oldest finished runs if there are too many, or if they are too
/// large together. The one that ended last always stays.
///
/// What goes is moved away first: it is never seen as half a run, and whoever
/// comes next removes what this command did not come to remove.
pub(crate) fn trim(layout: &Layout) -> anyhow::Result<()> {
    if !layout.finished().exists() {
        return Ok(());
    }
    {
        let _lock = lock(layout)?;
        // An index whose writer was killed.
        layout.finished_index().parent().into_iter().for_each(remove_partial);
        Parts::of(layout, NAMES, bounded)?.move_away(layout, AT_ONCE)?;
    }
    empty_trash(layout, AT_ONCE)
}

/// Lets go of all finished runs that began longer ago than this, else of all that
/// [`trim`] lets go of sooner or later; says which, and how many bytes they have. Those
/// that are `exempt` stay.
pub(crate) fn release(
    layout: &Layout,
    older_than: Option<Duration>,
    exempt: &BTreeSet<RunId>,
    dry_run: bool,
) -> anyhow::Result<Vec<(RunId, u64)>> {
    let choose = |runs: Vec<_>, measure: &dyn Fn(RunId) -> u64| match older_than {
        None => bounded(runs, measure),
        Some(limit) => {
            let stays = |run: &RunId| run.age() <= limit || exempt.contains(run);
            let (staying, going): (Vec<_>, Vec<_>) =
                runs.into_iter().partition(|(run, _)| stays(run));
            let measured =
                staying.into_iter().map(|(run, size)| (run, size.unwrap_or_else(|| measure(run))));
            (going.into_iter().map(|(run, _)| run).collect(), Index(measured.collect()))
        }
    };
    let (finished, trash) = (layout.finished(), layout.trash());
    if !finished.exists() && !trash.exists() {
        return Ok(Vec::new());
    }
    let lock = (!dry_run).then(|| lock(layout)).transpose()?;
    let parts = Parts::of(layout, usize::MAX, choose)?;
    let going = parts.going.iter().map(|run| (*run, finished.join(run.to_string())));
    let begun = list(&trash, usize::MAX)?.into_iter().map(|run| (run, trash.join(run.to_string())));
    let released: Vec<_> = going.chain(begun).map(|(run, path)| (run, size(&path))).collect();
    if !dry_run {
        parts.move_away(layout, usize::MAX)?;
        drop(lock);
        empty_trash(layout, usize::MAX)?;
    }
    Ok(released)
}

/// Finished runs, parted into those that go, the oldest first, and those that stay.
struct Parts {
    before: Index,
    going: Vec<RunId>,
    staying: Index,
}

impl Parts {
    /// Has `choose` part them, which is given those that there are, the oldest first, and
    /// what measures those whose size is not known. Of folders that the index does not
    /// have, so many `names` are read.
    fn of(
        layout: &Layout,
        names: usize,
        choose: impl FnOnce(Vec<(RunId, Option<u64>)>, &dyn Fn(RunId) -> u64) -> (Vec<RunId>, Index),
    ) -> anyhow::Result<Parts> {
        let before = Index::read(&layout.finished_index());
        let there = |run| layout.finished_run(run).path().exists();
        let runs = before.in_order(there, list(&layout.finished(), names)?);
        let (going, staying) = choose(runs, &|run| size(layout.finished_run(run).path()));
        Ok(Parts { before, going, staying })
    }

    /// Moves what goes away, so many at most.
    fn move_away(self, layout: &Layout, at_once: usize) -> anyhow::Result<()> {
        if !self.going.is_empty() {
            make_folder(&layout.trash())?;
        }
        for run in self.going.into_iter().take(at_once) {
            let from = layout.finished_run(run);
            fs::rename(from.path(), layout.trash().join(run.to_string()))
                .with_context(|| format!("cannot move {} out of the way", from.path()))?;
        }
        match self.staying == self.before {
            true => Ok(()),
            false => self.staying.write(&layout.finished_index()),
        }
    }
}

fn empty_trash(layout: &Layout, at_once: usize) -> anyhow::Result<()> {
    for run in list(&layout.trash(), at_once.max(NAMES))?.into_iter().take(at_once) {
        remove(&layout.trash().join(run.to_string()))?;
    }
    Ok(())
}

/// Those that stay are the last, as many as there may be. `measure` is asked for sizes
/// that are not known.
fn bounded(
    mut runs: Vec<(RunId, Option<u64>)>,
    measure: &dyn Fn(RunId) -> u64,
) -> (Vec<RunId>, Index) {
    let (mut staying, mut total) = (Vec::new(), 0u64);
    while let Some((run, size)) = runs.last().copied() {
        let size = size.unwrap_or_else(|| measure(run));
        total = total.saturating_add(size);
        if staying.len() == RUNS || (total > BYTES && !staying.is_empty()) {
            break;
        }
        staying.push((run, size));
        runs.pop();
    }
    staying.reverse();
    (runs.into_iter().map(|(run, _)| run).collect(), Index(staying))
}

fn lock(layout: &Layout) -> anyhow::Result<FileLock> {
    // A signal is no reason to leave this undone: it takes a moment.
    FileLock::take(&layout.finished_lock(), OTHERS, &Interrupt::default(), || {})
}

/// Run ids that folders have as their names, of so many at most; nothing else is asked of
/// them.
fn list(folder: &Utf8Path, names: usize) -> anyhow::Result<Vec<RunId>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        listed => Ok(listed
            .with_context(|| format!("cannot list {folder}"))?
            .take(names)
            .filter_map(|entry| RunId::parse(entry.ok()?.file_name().to_str()?).ok())
            .collect()),
    }
}

#[cfg(test)]
mod tests;
