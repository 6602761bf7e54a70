//! Executables by the digest of their bytes.
//!
//! What cargo leaves in the target folder is replaced by the next build; what a
//! run executes must not change under it. So every executable is copied into the
//! executable cache before the lock on the target folder is released, and it is the
//! copy that is hashed and run. A file that has not changed since is not read again.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;

use anyhow::{Context as _, bail, ensure};
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
    bytes: Bytes,
}

/// Where the bytes of an executable are.
enum Bytes {
    /// In the cache.
    Cached(Box<CacheEntry>),
    /// In cargo's file, which stays readable when cargo removes or replaces it.
    Source(File),
    Copy(TempPath),
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
    /// Held by whoever gives an executable or files their place.
    pub(super) placing: Mutex<()>,
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

    /// Opens an executable of cargo's, unless it is known.
    pub(crate) fn take(&self, note: &str, source: &Utf8Path) -> anyhow::Result<Taken> {
        let note = self.notes.join(note);
        let open = || format!("cannot read {source}");
        let file = File::open(source).with_context(open)?;
        let identity = FileIdentity::from(file.metadata().with_context(open)?);
        let known = read_json::<CacheEntry>(&note).ok().filter(|known| {
            known.source == source
                && identity.is_as_written(&known.identity)
                && known.executable.is_intact()
        });
        let bytes = known.map_or(Bytes::Source(file), |known| Bytes::Cached(Box::new(known)));
        Ok(Taken { note, source: source.to_owned(), identity, bytes })
    }

    /// Copies what was taken: from now on cargo may write into its file.
    pub(crate) fn copied(&self, mut taken: Taken) -> anyhow::Result<Taken> {
        if let Bytes::Source(file) = taken.bytes {
            taken.bytes = Bytes::Copy(self.copy(file, &taken.source, &taken.identity)?);
        }
        Ok(taken)
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
        let Taken { note, source, identity, bytes } = self.copied(taken)?;
        let (executable, known, is_new) = match bytes {
            Bytes::Cached(known) => (known.executable, known.image, false),
            Bytes::Copy(copy) => (self.keep(copy, &source)?, None, true),
            Bytes::Source(_) => bail!("nothing was copied of {source}"),
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

    /// Copies an executable, as it was when it was opened.
    ///
    /// A reflink where the file system has them, else a copy; never a hard link:
    /// cargo may write into its own file again.
    fn copy(
        &self,
        mut file: File,
        source: &Utf8Path,
        identity: &FileIdentity,
    ) -> anyhow::Result<TempPath> {
        let cache = self.layout.executables();
        let copy = temporary(&cache)?;
        let copied = File::create(&copy).and_then(|mut to| io::copy(&mut file, &mut to));
        copied
            .with_context(|| format!("cannot copy {source} to {cache}"))
            .hint("look whether the disk is full")?;
        let is_same = FileIdentity::from(file.metadata()?).is_as_written(identity);
        ensure!(is_same, "{source} was changed while it was copied");
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
