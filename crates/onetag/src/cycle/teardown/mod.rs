//! Phase 7: ending a run from its ledger, and looking whether anything is left.
//!
//! The same steps serve every way out: the end of a run, `down`, a run whose
//! harness or keeper was killed.

mod backend;
mod leftovers;
mod processes;

use std::io::ErrorKind;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use self::backend::{RESOURCE, Remover};
use crate::error::Attach as _;
use crate::gc::finished::archive;
use crate::gc::size;
use crate::keeper::Client;
use crate::report::{Leftover, Ui};
use crate::run::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::run::{RunFolder, remove, remove_partial};
use crate::system::signals::Interrupt;

/// What stays of a run that is over; everything else in its folder goes.
const STAYS: [&str; 9] = [
    "ledger.jsonl",
    "plan.json",
    "witness.json",
    "engine.json",
    "cluster.json",
    "report.json",
    "junit.xml",
    "logs",
    "diagnostics",
];

/// Whether a file or folder of the run's folder stays when it is over; its lock
/// goes last.
fn stays(folder: &RunFolder, path: &Utf8Path) -> bool {
    path.file_name().is_some_and(|name| STAYS.contains(&name)) || path == folder.lock()
}

/// How many bytes of a run's folder go when it is over.
pub(crate) fn size_of_what_goes(folder: &RunFolder) -> u64 {
    let entries = folder.path().read_dir_utf8().into_iter().flatten().flatten();
    entries.filter(|entry| !stays(folder, entry.path())).map(|entry| size(entry.path())).sum()
}

/// Ends what runs and removes what was made, as far as the ledger tells.
///
/// What cannot be ended or removed is returned, and so is what is found by the
/// run id without standing in the ledger: that is reported and left alone, since
/// nothing proves that it is ours. The folder of the run stays, with what a
/// report needs, until [`archive`] moves it. From the second signal on nothing
/// is asked to end before it is killed.
pub(crate) fn teardown(folder: &RunFolder, interrupt: &Interrupt) -> anyhow::Result<Vec<Leftover>> {
    let ledger = Ledger::open(folder.path())?;
    note(&ledger, &Entry::TearingDown);
    // Tools first: tests talk to services, and nextest has something to say.
    processes::end(folder, Role::Tool, interrupt)?;
    let record = Record::read(folder.path())?;
    if record.living().iter().any(|(role, ..)| *role == Role::Keeper) {
        // One that does not answer is ended below, like any other process.
        let _ = Client::connect(folder).and_then(|keeper| keeper.shutdown(interrupt));
    }
    // What a keeper that does not answer still minds goes before it.
    let left = remove_of_backend(folder, &ledger)?;
    processes::end(folder, Role::Keeper, interrupt)?;
    remove_files(folder, &ledger)?;
    leftovers::leftovers(folder, left)
}

/// Removes what the backend made; returns what could not be removed.
fn remove_of_backend(folder: &RunFolder, ledger: &Ledger) -> anyhow::Result<Vec<Leftover>> {
    let record = ledger.record()?;
    let (outstanding, _) = record.of_backend();
    if outstanding.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Remover::new(folder, &record)?.remove(&outstanding, ledger))
}

/// Ends a run that another version of the harness started, be it kept or dead: every
/// keeper tears its run down when SIGTERM asks it to end.
///
/// The format of its ledger is not known here, but for the process of the keeper;
/// without that, nothing of the run runs any more.
pub(crate) fn teardown_of_another_version(
    folder: &RunFolder,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<Leftover>> {
    processes::end(folder, Role::Keeper, interrupt)?;
    let entries = match folder.path().read_dir_utf8() {
        // The keeper has moved it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot list {}", folder.path()))?,
    };
    for entry in entries.flatten().filter(|entry| !stays(folder, entry.path())) {
        let _ = remove(entry.path());
    }
    leftovers::leftovers(folder, Vec::new())
}

/// Ends what a command on a kept run left behind: it was killed, and the run
/// lives on.
pub(crate) fn end_orphans(folder: &RunFolder) -> anyhow::Result<()> {
    processes::end_orphans(folder)
}

/// The error of a teardown that leaves something.
pub(crate) fn left_behind(leftovers: &[Leftover]) -> anyhow::Error {
    let names: Vec<String> = leftovers.iter().map(Leftover::to_string).collect();
    let error = anyhow!("something of the run is left: {}", names.join(", "));
    let hints = leftovers.iter().filter_map(Leftover::hint);
    let error = hints.fold(error, |error, hint| error.hint(hint));
    // What the backend could not remove is told with the reason.
    match leftovers.iter().any(|leftover| leftover.kind == RESOURCE) {
        true => error,
        false => error.hint("nothing proves that it is the run's own, so it was left alone"),
    }
}

/// What the keeper does when the harness is gone and the run is not kept.
///
/// Where the folder of the run was removed, nothing but what the backend made is left.
pub(crate) fn after_the_harness(folder: &RunFolder, ledger: &Ledger) -> anyhow::Result<()> {
    if ledger.is_removed() {
        return remove_of_backend(folder, ledger).map(drop);
    }
    note(ledger, &Entry::TearingDown);
    processes::end(folder, Role::Tool, &Interrupt::default())?;
    // This process is the last of the run.
    for resource in ledger.record()?.outstanding() {
        if matches!(resource, Resource::Process { role: Role::Keeper, .. }) {
            note(ledger, &Entry::Gone { resource: resource.clone() });
        }
    }
    let left = remove_of_backend(folder, ledger)?;
    remove_files(folder, ledger)?;
    // To its log: nobody else is left to hear it.
    for leftover in leftovers::leftovers(folder, left)? {
        Ui::stderr().line(format!("left behind: {leftover}"));
    }
    archive(folder)
}

/// Writes to the ledger if that can be written to.
///
/// On a full disk it cannot, and the run has to end all the same: what is gone
/// is found to be gone the next time as well.
fn note(ledger: &Ledger, entry: &Entry) {
    let _ = ledger.write(entry);
}

/// Removes files and folders, the last made first, and what is in the run's
/// folder and does not stay.
///
/// What cannot be removed is no reason to leave the rest; it is found by whoever
/// looks for leftovers.
fn remove_files(folder: &RunFolder, ledger: &Ledger) -> anyhow::Result<()> {
    for resource in Record::read(folder.path())?.outstanding() {
        let removed = match resource {
            Resource::Folder { path } if path == folder.path() => continue,
            Resource::Folder { path } | Resource::File { path } => remove(path),
            Resource::Process { .. }
            | Resource::Backend(_)
            | Resource::CachedExecutable { .. }
            | Resource::CachedFiles { .. } => continue,
        };
        if removed.is_ok() {
            note(ledger, &Entry::Gone { resource: resource.clone() });
        }
    }
    let entries =
        folder.path().read_dir_utf8().with_context(|| format!("cannot list {}", folder.path()))?;
    for entry in entries.flatten().filter(|entry| !stays(folder, entry.path())) {
        let _ = remove(entry.path());
    }
    remove_partial(&folder.diagnostics());
    Ok(())
}

#[cfg(test)]
mod tests;
