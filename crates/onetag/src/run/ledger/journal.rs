//! Writing a ledger, and reading one back.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::entry::{BackendResource, Entry, Head, Resource, Role, VERSION};
use crate::backend::BackendKind;
use crate::run::{Origin, write_file};
use crate::system::ProcessId;
use crate::system::tool::ProcessRecord;

/// An open ledger.
///
/// The harness and the keeper of a run append to the same file. Every line is
/// one write to a file opened for appending, so lines never mix. It is written
/// and not synced: it has to survive the harness, not the machine.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: Utf8PathBuf,
    file: Arc<File>,
    failure: Arc<OnceLock<String>>,
}

impl Ledger {
    /// The ledger's name in the folder of its run.
    pub(crate) const FILE: &str = "ledger.jsonl";

    /// Opens the ledger of the run in `folder`, an empty one if there is none.
    pub(crate) fn open(folder: &Utf8Path) -> anyhow::Result<Ledger> {
        let path = folder.join(Self::FILE);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .with_context(|| format!("cannot open the ledger {path}"))?;
        Ok(Ledger { path, file: Arc::new(file), failure: Arc::default() })
    }

    /// Writes one line.
    pub(crate) fn write(&self, entry: &Entry) -> anyhow::Result<()> {
        let line = serde_json::to_string(entry)? + "\n";
        (&*self.file)
            .write_all(line.as_bytes())
            .with_context(|| format!("cannot write to the ledger {}", self.path))
            .inspect_err(|error| drop(self.failure.set(format!("{error:#}"))))
    }

    /// The first error of writing it, if there was one: then nobody can rely on it.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failure.get().cloned()
    }

    /// Reads it back through the open file: wherever that lies by now, be it nowhere.
    pub(crate) fn record(&self) -> anyhow::Result<Record> {
        Ok(Record::parse(&self.bytes()?).at(self.folder()))
    }

    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 << 10];
        loop {
            let read = self.file.read_at(&mut chunk, bytes.len() as u64);
            match read.with_context(|| format!("cannot read the ledger {}", self.path))? {
                0 => return Ok(bytes),
                length => bytes.extend(&chunk[..length]),
            }
        }
    }

    /// Whether somebody has removed it.
    pub(crate) fn is_removed(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    /// Whether it lies where it was opened.
    pub(crate) fn is_in_place(&self) -> bool {
        let (open, named) = (self.file.metadata(), std::fs::metadata(&self.path));
        open.is_ok_and(|open| {
            named.is_ok_and(|named| (open.dev(), open.ino()) == (named.dev(), named.ino()))
        })
    }

    /// Writes a copy of it into another folder.
    pub(crate) fn copy_to(&self, folder: &Utf8Path) -> anyhow::Result<()> {
        write_file(&folder.join(Self::FILE), &self.bytes()?)
    }

    fn folder(&self) -> &Utf8Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Writes that the backend is about to make something.
    ///
    /// # Errors
    ///
    /// When it cannot be written; then nothing may be made.
    pub fn owns(&self, resource: &BackendResource) -> anyhow::Result<()> {
        self.own(Resource::Backend(resource.clone()))
    }

    /// Writes that something of the backend's is gone.
    ///
    /// # Errors
    ///
    /// When it cannot be written; a teardown then looks for it once more.
    pub fn released(&self, resource: &BackendResource) -> anyhow::Result<()> {
        self.write(&Entry::Gone { resource: Resource::Backend(resource.clone()) })
    }

    /// Writes that a resource is about to be made.
    pub(crate) fn own(&self, resource: Resource) -> anyhow::Result<()> {
        self.write(&Entry::Owned { resource })
    }
}

impl ProcessRecord for Ledger {
    fn run(&self) -> &str {
        self.path.parent().and_then(Utf8Path::file_name).unwrap_or_default()
    }

    fn started(&self, name: &str, id: &ProcessId) -> anyhow::Result<()> {
        self.own(Resource::tool(name, id))
    }

    fn ended(&self, name: &str, id: &ProcessId) -> anyhow::Result<()> {
        self.write(&Entry::Gone { resource: Resource::tool(name, id) })
    }
}

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

    fn parse(bytes: &[u8]) -> Record {
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
                Err(error) => record.damaged.push((index + 1, error.to_string())),
            }
        }
        record
    }

    /// The same of a run whose folder lies there by now.
    fn at(mut self, folder: &Utf8Path) -> Record {
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
#[path = "journal_tests.rs"]
mod tests;
