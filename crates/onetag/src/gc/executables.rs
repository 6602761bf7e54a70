//! Letting go of executables that no service, no suite and no run refers to any
//! more, and of what killed commands left among what is kept to be quick.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context as _;
use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use onetag_image::files::remove_copy;

use crate::build::executables::{CacheEntry, service_note, test_note};
use crate::gc::size;
use crate::run::ledger::{Ledger, Record, Resource};
use crate::run::{FileLock, Layout, RunId, is_abandoned, read_json};
use crate::workspace::Workspace;

/// Removes what is not used, unless somebody builds right now: then it is for
/// them to do. Without a workspace that can be loaded, its notes are left alone.
///
/// Errors: a ledger cannot be read, so that nobody knows what its run uses.
pub(crate) fn remove_unused(layout: &Layout, workspace: Option<&Workspace>) -> anyhow::Result<()> {
    let own = workspace.map(|workspace| Own::of(layout, workspace));
    remove(layout, own.as_ref()).map(drop)
}

/// The same; returns what was removed, or why not. None if somebody builds right now.
pub(crate) fn release(
    layout: &Layout,
    workspace: Option<&Workspace>,
) -> anyhow::Result<Option<Vec<UnusedPath>>> {
    let own = workspace.map(|workspace| Own::of(layout, workspace));
    remove(layout, own.as_ref())
}

/// What [`release`] would remove, once the runs that are `ending` are no more.
pub(crate) fn releasable(
    layout: &Layout,
    workspace: Option<&Workspace>,
    ending: &BTreeSet<RunId>,
) -> anyhow::Result<Vec<UnusedPath>> {
    let own = workspace.map(|workspace| Own::of(layout, workspace));
    Ok(unused(layout, own.as_ref(), ending)?
        .into_iter()
        .map(|path| UnusedPath::new(layout, path))
        .collect())
}

/// Something that nothing refers to any more.
pub(crate) struct UnusedPath {
    /// `executable`, `files` or `cache`.
    pub(crate) kind: &'static str,
    /// What people call it.
    pub(crate) name: String,
    path: Utf8PathBuf,
    pub(crate) bytes: u64,
    /// Why it could not be removed.
    pub(crate) failure: Option<anyhow::Error>,
}

impl UnusedPath {
    fn new(layout: &Layout, path: Utf8PathBuf) -> UnusedPath {
        let (kind, within) = match &path {
            path if path.starts_with(layout.executables()) => ("executable", entries(path)),
            path if path.starts_with(layout.files()) => ("files", Vec::new()),
            _ => ("cache", Vec::new()),
        };
        let named = within.first().map_or(&*path, |entry| entry.path());
        let name = layout.shown(named).to_string();
        UnusedPath { kind, name, bytes: size(&path), path, failure: None }
    }

    /// Removes it; what cannot be removed now is found again the next time.
    fn remove(mut self, layout: &Layout) -> UnusedPath {
        let path = &self.path;
        let removed = match (path.is_dir(), path.starts_with(layout.files())) {
            (true, true) => remove_copy(path),
            (true, false) => fs::remove_dir_all(path).map_err(Into::into),
            (false, _) => fs::remove_file(path).map_err(Into::into),
        };
        self.failure = removed.err();
        self
    }
}

fn remove(layout: &Layout, own: Option<&Own>) -> anyhow::Result<Option<Vec<UnusedPath>>> {
    let ending = BTreeSet::new();
    // Mostly there is nothing, and then nobody has to wait for this.
    if unused(layout, own, &ending)?.is_empty() {
        return Ok(Some(Vec::new()));
    }
    // Under the lock, what somebody took in stands in the ledger of their run.
    let Some(_lock) = FileLock::try_take(&layout.build_lock())? else {
        return Ok(None);
    };
    let unused = unused(layout, own, &ending)?.into_iter();
    Ok(Some(unused.map(|path| UnusedPath::new(layout, path).remove(layout)).collect()))
}

/// The workspace that a command is of.
struct Own {
    cache: Utf8PathBuf,
    /// The notes that its services and suites have.
    notes: BTreeSet<String>,
}

impl Own {
    fn of(layout: &Layout, workspace: &Workspace) -> Own {
        let services = workspace.services.keys().map(|name| service_note(name));
        let tests = workspace.suites.values().flat_map(|suite| &suite.tests);
        let notes = services.chain(tests.map(test_note)).collect();
        Own { cache: layout.cache(&workspace.root), notes }
    }
}

/// What can go: notes of what the workspace has no more, caches of workspaces that
/// are gone, and the executables and files that nothing else refers to.
fn unused(
    layout: &Layout,
    own: Option<&Own>,
    ending: &BTreeSet<RunId>,
) -> anyhow::Result<Vec<Utf8PathBuf>> {
    let mut unused = Vec::new();
    let mut used = BTreeSet::new();
    for cache in entries(&layout.caches()) {
        let root = fs::read_to_string(layout.cached_workspace(cache.path()));
        let is_there = |root: String| !root.is_empty() && Utf8Path::new(&root).is_dir();
        if !root.is_ok_and(is_there) {
            unused.push(cache.path().to_owned());
            continue;
        }
        let notes = layout.executable_notes(cache.path());
        let partial = [cache.path(), &notes].into_iter().flat_map(entries);
        unused.extend(partial.map(Utf8DirEntry::into_path).filter(|path| is_abandoned(path)));
        for note in entries(&notes) {
            if let Some(own) = own.filter(|own| own.cache == cache.path())
                && !own.notes.contains(note.file_name())
            {
                unused.push(note.path().to_owned());
            } else if let Ok(known) = read_json::<CacheEntry>(note.path()) {
                used.insert(known.executable.digest.hex());
                used.extend(known.image.map(|image| image.files.digest.hex()));
            }
        }
    }
    let mut cached = entries(&layout.executables());
    cached.extend(entries(&layout.files()));
    cached.retain(|entry| !used.contains(entry.file_name()));
    if !cached.is_empty() {
        let borrowed = borrowed(layout, ending)?;
        cached.retain(|entry| !borrowed.contains(entry.file_name()));
    }
    unused.extend(cached.into_iter().map(Utf8DirEntry::into_path));
    Ok(unused)
}

/// What runs use that are not over.
fn borrowed(layout: &Layout, ending: &BTreeSet<RunId>) -> anyhow::Result<BTreeSet<String>> {
    let mut borrowed = BTreeSet::new();
    let runs = layout.list()?.into_iter();
    for run in runs.filter(|run| !ending.contains(&run.run_id())) {
        let record = Record::read(run.path())?;
        if record.other_version().is_some() {
            // It is not known how that writes down what it uses.
            let ledger = run.path().join(Ledger::FILE);
            let text =
                fs::read_to_string(&ledger).with_context(|| format!("cannot read {ledger}"))?;
            borrowed.extend(text.split(|c: char| !c.is_ascii_hexdigit()).map(str::to_owned));
        }
        for (resource, _) in record.borrowed() {
            if let Resource::CachedExecutable { digest } | Resource::CachedFiles { digest } =
                resource
            {
                borrowed.insert(digest.hex());
            }
        }
    }
    Ok(borrowed)
}

/// What lies in a folder; nothing if there is none.
fn entries(folder: &Utf8Path) -> Vec<Utf8DirEntry> {
    folder.read_dir_utf8().into_iter().flatten().flatten().collect()
}

#[cfg(test)]
#[path = "executables_tests.rs"]
mod tests;
