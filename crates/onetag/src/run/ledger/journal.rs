//! Writing a ledger.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::Record;
use super::entry::{BackendResource, Entry, Resource};
use crate::run::write_file;
use crate::system::ProcessId;
use crate::system::tool::ProcessRecord;

/// An open ledger.
///
/// The harness and the keeper of a run append to the same file. Every line is
/// one write to a file opened for appending, so lines never mix; one whose writer is
/// killed may be cut off. It is written and not synced: it has to survive the
/// harness, not the machine.
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
