//! Executables by the digest of their bytes.
//!
//! What cargo leaves in the target folder is replaced by the next build; what a
//! run executes must not change under it. So every executable is copied into the
//! executable cache before the lock on the target folder is released, and it is the
//! copy that is hashed and run. A file that has not changed since is not read again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::compiled::{CachedImage, Compiled};
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::error::Attach as _;
use crate::run::ledger::{Entry, Ledger, Resource};
use crate::run::{Layout, make_folder, read_json, write_file, write_json};
use crate::system::ProcessId;
use crate::workspace::{Service, TestTarget, Workspace};

/// An executable in the executable cache.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct CachedExecutable {
    /// The hash of its bytes.
    pub(crate) digest: Digest,
    pub(crate) path: Utf8PathBuf,
    /// The file as it was when it was hashed.
    pub(crate) identity: FileIdentity,
}

impl CachedExecutable {
    /// Whether the file in the cache is still the one that was hashed.
    fn is_intact(&self) -> bool {
        FileIdentity::of_path(&self.path).is_ok_and(|current| current == self.identity)
    }
}

/// What is known of a file of cargo's: which executable it is.
#[derive(Deserialize, Serialize)]
pub(crate) struct CacheEntry {
    source: Utf8PathBuf,
    identity: FileIdentity,
    pub(crate) executable: CachedExecutable,
    /// Of services: the digests of the image, and what else they depend on.
    pub(crate) image: Option<CachedImage>,
}

/// The name of the note about a service's program.
pub(crate) fn service_note(service: &str) -> String {
    format!("service-{service}.json")
}

/// The name of the note about a test binary.
pub(crate) fn test_note(test: &TestTarget) -> String {
    format!("test-{}::{}.json", test.package, test.target)
}

/// An executable of cargo's that is on its way into the cache.
pub(crate) struct Taken {
    note: Utf8PathBuf,
    source: Utf8PathBuf,
    identity: FileIdentity,
    /// What is known of it; else there is a copy.
    known: Option<CacheEntry>,
    copy: Option<TempPath>,
}

/// The executable cache, and what a workspace knows of it, while the lock on the
/// target folder is held.
pub(crate) struct ExecutableCache<'a> {
    pub(super) layout: &'a Layout,
    pub(super) workspace: &'a Workspace,
    notes: Utf8PathBuf,
    /// Where the toolchain has its shared libraries, if it has any.
    pub(super) library: Option<Utf8PathBuf>,
    /// Of the runs that what is taken in is for.
    ledgers: &'a [&'a Ledger],
    /// Held by whoever gives an executable its place.
    placing: Mutex<()>,
}

impl<'a> ExecutableCache<'a> {
    /// Opens the cache for what the workspace built.
    pub(crate) fn open(
        layout: &'a Layout,
        workspace: &'a Workspace,
        library: Option<Utf8PathBuf>,
        ledgers: &'a [&'a Ledger],
    ) -> anyhow::Result<ExecutableCache<'a>> {
        let root = &workspace.root;
        let cache = layout.cache(root);
        let notes = layout.executable_notes(&cache);
        for folder in [&layout.executables(), &layout.files(), &notes] {
            make_folder(folder)?;
        }
        let name = layout.cached_workspace(&cache);
        if !name.exists() {
            write_file(&name, root.as_str().as_bytes())?;
        }
        Ok(ExecutableCache {
            layout,
            workspace,
            notes,
            library,
            ledgers,
            placing: Mutex::default(),
        })
    }

    /// Copies an executable of cargo's, unless it is known: all the rest can wait, and
    /// cargo may write to its path again.
    pub(crate) fn take(&self, note: &str, source: &Utf8Path) -> anyhow::Result<Taken> {
        let note = self.notes.join(note);
        let identity = FileIdentity::of_path(source)?;
        let known = read_json::<CacheEntry>(&note).ok().filter(|known| {
            known.source == source
                && identity.is_as_written(&known.identity)
                && known.executable.is_intact()
        });
        let copy = match &known {
            Some(_) => None,
            None => Some(self.copy(source)?),
        };
        Ok(Taken { note, source: source.to_owned(), identity, known, copy })
    }

    /// Takes in the program of a service, and its files.
    pub(crate) fn compiled(&self, service: &Service, taken: Taken) -> anyhow::Result<Compiled> {
        let entry = self.entry(taken, Some(service))?;
        let image = entry.image.with_context(|| format!("`{}` has no image", service.name))?;
        Ok(Compiled::program_of(&service.name, image, entry.executable))
    }

    /// Takes a test binary in, and says where it is.
    pub(crate) fn test(&self, taken: Taken) -> anyhow::Result<Utf8PathBuf> {
        Ok(self.entry(taken, None)?.executable.path)
    }

    /// Writes into the ledgers what the runs use.
    ///
    /// It stands there before the lock on the target folder is released: what a run
    /// uses is not removed by another.
    pub(super) fn borrow(&self, resource: &Resource) -> anyhow::Result<()> {
        let by = ProcessId::of(std::process::id()).context("cannot name this process")?;
        let entry = Entry::Borrowed { resource: resource.clone(), by };
        self.ledgers.iter().try_for_each(|ledger| ledger.write(&entry))
    }

    /// What is known of a file of cargo's, taken in if it is a new one.
    fn entry(&self, taken: Taken, service: Option<&Service>) -> anyhow::Result<CacheEntry> {
        let Taken { note, source, identity, known, copy } = taken;
        let is_new = copy.is_some();
        let (executable, known) = match (known, copy) {
            (Some(known), _) => (known.executable, known.image),
            (None, Some(copy)) => (self.keep(copy, &source)?, None),
            (None, None) => bail!("nothing was taken of {source}"),
        };
        self.borrow(&Resource::CachedExecutable { digest: executable.digest })?;
        let (image, is_new_image) = match service {
            Some(service) => {
                let (image, is_new) = self.image(service, &executable, known)?;
                (Some(image), is_new)
            }
            None => (None, false),
        };
        let entry = CacheEntry { source, identity, executable, image };
        if is_new || is_new_image {
            write_json(&note, &entry)?;
        }
        Ok(entry)
    }

    /// Copies an executable.
    ///
    /// A reflink where the file system has them, else a copy; never a hard link:
    /// cargo may write into its own file again.
    fn copy(&self, source: &Utf8Path) -> anyhow::Result<TempPath> {
        let cache = self.layout.executables();
        let copy = temporary(&cache)?;
        fs::copy(source, &copy)
            .with_context(|| format!("cannot copy {source} to {cache}"))
            .hint("look whether the disk is full")?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o555))
            .with_context(|| format!("cannot make a copy of {source} executable"))?;
        Ok(copy)
    }

    /// Hashes a copy, and gives it its place.
    fn keep(&self, copy: TempPath, source: &Utf8Path) -> anyhow::Result<CachedExecutable> {
        let name = source.file_name().with_context(|| format!("{source} has no name"))?;
        let digest = hash_file(utf8(&copy)?)?;
        let folder = self.layout.executables().join(digest.hex());
        // Programs of several packages may have the same bytes and name.
        let _placing = self.placing.lock().expect("placing does not panic");
        make_folder(&folder)?;
        let path = folder.join(name);
        // Another run may have it from an earlier build, and may know it by its
        // identity: then it stays.
        if !hash_file(&path).is_ok_and(|there| there == digest) {
            copy.persist(&path).with_context(|| format!("cannot make {path}"))?;
        }
        let identity = FileIdentity::of_path(&path)?;
        Ok(CachedExecutable { digest, path, identity })
    }
}

/// A path in the folder that goes away with this value. Nobody holds the file open:
/// a program that is open for writing cannot be run.
fn temporary(folder: &Utf8Path) -> anyhow::Result<TempPath> {
    let file = tempfile::NamedTempFile::new_in(folder);
    Ok(file.with_context(|| format!("cannot make a file in {folder}"))?.into_temp_path())
}

fn utf8(path: &TempPath) -> anyhow::Result<&Utf8Path> {
    Ok(<&Utf8Path>::try_from(&**path)?)
}

#[cfg(test)]
#[path = "executables_tests.rs"]
mod tests;
