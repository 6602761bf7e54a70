//! What a ledger says, read back.

use anyhow::Context as _;
use camino::Utf8Path;

use super::Ledger;
use super::entry::{BackendResource, Entry, Head, Resource, Role, VERSION};
use crate::backend::BackendKind;
use crate::report::KilledService;
use crate::run::Origin;
use crate::system::ProcessId;

/// What every line begins with.
const START: &str = "{\"entry\":";

/// What a ledger says, read back.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What the first line says; none if it cannot be read.
    head: Option<Head>,
    /// The lines that could be read, in order.
    pub(crate) entries: Vec<Entry>,
    /// The numbers of the lines that could not, from 1, each with the reason.
    pub(crate) damaged: Vec<(usize, String)>,
}

impl Record {
    /// Reads the ledger of the run in `folder`; a missing one is empty.
    pub(crate) fn read(folder: &Utf8Path) -> anyhow::Result<Record> {
        let path = folder.join(Ledger::FILE);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Record::parse(&bytes).at(folder)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Record::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read the ledger {path}")),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Record {
        let mut record = Record::default();
        let first = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        record.head = serde_json::from_slice(first).ok();
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            match serde_json::from_slice(line) {
                Ok(entry) => record.entries.push(entry),
                // A writer that was killed half-way leaves a last line without
                // an end. What it was about to make was not made.
                Err(_) if lines.peek().is_none() && !line.ends_with(b"\n") => {}
                Err(_) if record.other_version().is_some() => {}
                Err(error) => match after_a_cut(line) {
                    Some(entries) => record.entries.extend(entries),
                    None => record.damaged.push((index + 1, error.to_string())),
                },
            }
        }
        record
    }

    /// The same of a run whose folder lies there by now.
    pub(super) fn at(mut self, folder: &Utf8Path) -> Record {
        let Some(origin) = self.origin().filter(|origin| origin.folder != folder) else {
            return self;
        };
        for entry in &mut self.entries {
            if let Entry::Owned { resource } | Entry::Gone { resource } = entry
                && let Resource::Folder { path } | Resource::File { path } = resource
                && path.starts_with(&origin.folder)
            {
                *path = origin.moved(path, folder);
            }
        }
        if let Some(head) = &mut self.head {
            head.workspace = origin.moved(&head.workspace, folder);
        }
        self
    }

    /// The version of the format, if another one than this version of the harness
    /// writes.
    pub(crate) fn other_version(&self) -> Option<u32> {
        self.head.as_ref().map(|head| head.version).filter(|version| *version != VERSION)
    }

    /// Where the run was minted.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.head.as_ref()?.origin()
    }

    /// Whether the run outlives the harness.
    pub(crate) fn is_kept(&self) -> bool {
        let last =
            self.entries.iter().rfind(|entry| matches!(entry, Entry::Kept | Entry::TearingDown));
        matches!(last, Some(Entry::Kept))
    }

    /// Whether its last keeper was of an earlier boot of the machine.
    pub(crate) fn is_of_an_earlier_boot(&self) -> bool {
        let keeper = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Owned { resource: Resource::Process { role: Role::Keeper, id, .. } } => Some(id),
            _ => None,
        });
        keeper.is_some_and(|id| !id.is_of_this_boot())
    }

    /// The suite that the run is for.
    pub(crate) fn consumer(&self) -> Option<&str> {
        self.head.as_ref().map(|head| head.consumer.as_str())
    }

    /// Where its images run.
    ///
    /// # Errors
    ///
    /// When the ledger does not tell, or this program has no such backend.
    pub(crate) fn backend(&self) -> anyhow::Result<BackendKind> {
        let name = self.entries.iter().find_map(|entry| match entry {
            Entry::Run { backend, .. } => Some(backend),
            _ => None,
        });
        BackendKind::named(name.context("the ledger does not name the run's backend")?)
    }

    /// What the backend made: what is not known to be gone, the last made first, and
    /// what is.
    pub(crate) fn of_backend(&self) -> (Vec<BackendResource>, Vec<BackendResource>) {
        let of_backend = |resource: &Resource| match resource {
            Resource::Backend(resource) => Some(resource.clone()),
            _ => None,
        };
        let outstanding: Vec<_> = self.outstanding().into_iter().filter_map(of_backend).collect();
        let gone = self.entries.iter().filter_map(|entry| match entry {
            Entry::Owned { resource } => of_backend(resource),
            _ => None,
        });
        let gone = gone.filter(|resource| !outstanding.contains(resource)).collect();
        (outstanding, gone)
    }

    /// The root of the workspace that the run is of.
    pub(crate) fn workspace(&self) -> Option<&Utf8Path> {
        self.head.as_ref().map(|head| head.workspace.as_path())
    }

    /// What is borrowed and was not returned, and by whom.
    pub(crate) fn borrowed(&self) -> Vec<(&Resource, &ProcessId)> {
        let mut borrowed = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Borrowed { resource, by } if !borrowed.contains(&(resource, by)) => {
                    borrowed.push((resource, by));
                }
                Entry::Returned { resource, by } => borrowed.retain(|one| *one != (resource, by)),
                _ => {}
            }
        }
        borrowed
    }

    /// The services that did not end when they were asked to, and after how many
    /// seconds they were killed, in order.
    pub(crate) fn killed(&self) -> Vec<KilledService> {
        let killed = |entry: &Entry| match entry {
            Entry::Killed { service, seconds } => {
                Some(KilledService { service: service.clone(), seconds: *seconds })
            }
            _ => None,
        };
        self.entries.iter().filter_map(killed).collect()
    }

    /// Owned resources that are not known to be gone, the last made first.
    pub(crate) fn outstanding(&self) -> Vec<&Resource> {
        let mut outstanding: Vec<&Resource> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Owned { resource } if !outstanding.contains(&resource) => {
                    outstanding.push(resource);
                }
                Entry::Gone { resource } => outstanding.retain(|made| *made != resource),
                _ => {}
            }
        }
        outstanding.reverse();
        outstanding
    }

    /// Owned processes that still run, the last started first.
    pub(crate) fn living(&self) -> Vec<(Role, &str, &ProcessId)> {
        self.outstanding()
            .into_iter()
            .filter_map(|resource| match resource {
                Resource::Process { role, name, id } if id.is_alive() => {
                    Some((*role, name.as_str(), id))
                }
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;

/// The entries of a line to which a writer appended after another one was killed
/// half-way in it: the kernel may end a write at each page. What the killed one was
/// about to make was not made.
fn after_a_cut(line: &[u8]) -> Option<Vec<Entry>> {
    let line = str::from_utf8(line).ok()?;
    let (cut, last) = line.split_at(line.rfind(START).filter(|start| *start > 0)?);
    // Only its end of line may be missing.
    let first = serde_json::from_str(cut).ok();
    let last = serde_json::from_str(last).ok()?;
    Some(first.into_iter().chain([last]).collect())
}
