//! Executables by the digest of their bytes.
//!
//! What cargo leaves in the target folder is replaced by the next build; what a
//! run executes must not change under it. So every executable is copied into the
//! store before the lock on the target folder is let go, and it is the copy that
//! is hashed and run. A file that has not changed since is not read again.

use serde::{Deserialize, Serialize};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::build::image::digest::hash_file;
use crate::build::image::{Contents, Digest, Digests, FileIdentity, run_loader};
use crate::run::ledger::{Entry, Ledger, Resource};
use crate::run::{Layout, make_folder, read_json, write_file, write_json};

/// Bytes that were built, of no run: the runs of an invocation share them.
#[derive(Clone, Debug)]
pub struct Compiled {
    service: String,
    digests: Digests,
    stored: CachedExecutable,
}

impl Compiled {
    /// The service that was built.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What names the bytes.
    pub fn digests(&self) -> &Digests {
        &self.digests
    }

    pub(crate) fn executable(&self) -> &CachedExecutable {
        &self.stored
    }

    pub(crate) fn files_folder(&self) -> &Utf8Path {
        self.stored.path.parent().unwrap_or(&self.stored.path)
    }

    pub(crate) fn verify_files(&self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// An executable in the store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct CachedExecutable {
    /// The hash of its bytes.
    pub(crate) digest: Digest,
    pub(crate) path: Utf8PathBuf,
    /// The file as it was when it was hashed.
    pub(crate) identity: FileIdentity,
}

impl CachedExecutable {
    /// Whether the file in the store is still the one that was hashed.
    fn is_intact(&self) -> bool {
        FileIdentity::of_path(&self.path).is_ok_and(|current| current == self.identity)
    }
}

/// What is known of a file of cargo's: which executable it is.
#[derive(Deserialize, Serialize)]
pub(crate) struct CacheEntry {
    source: Utf8PathBuf,
    identity: FileIdentity,
    pub(crate) stored: CachedExecutable,
    /// Of services: the digests of the image, and what else they depend on.
    image: Option<CachedImage>,
}

#[derive(Clone, Deserialize, Serialize)]
struct CachedImage {
    digests: Digests,
    closure: Vec<(Utf8PathBuf, FileIdentity)>,
}

/// The name of the note about a service's binary.
pub(crate) fn service_note(service: &str) -> String {
    format!("service-{service}.json")
}

/// The name of the note about a test binary.
pub(crate) fn test_note(target: &str) -> String {
    format!("test-{target}.json")
}

/// The store of a workspace, while the lock on its target folder is held.
pub(crate) struct ExecutableCache<'a> {
    store: Utf8PathBuf,
    cache: Utf8PathBuf,
    /// Of the runs that what is taken in is for.
    ledgers: &'a [&'a Ledger],
}

impl<'a> ExecutableCache<'a> {
    /// Opens the store for what the workspace at `root` built.
    pub(crate) fn open(
        layout: &Layout,
        root: &Utf8Path,
        ledgers: &'a [&'a Ledger],
    ) -> anyhow::Result<ExecutableCache<'a>> {
        let cache = layout.cache(root);
        let store =
            ExecutableCache { store: layout.store(), cache: layout.executables(&cache), ledgers };
        make_folder(&store.store)?;
        make_folder(&store.cache)?;
        let workspace = layout.cached_workspace(&cache);
        if !workspace.exists() {
            write_file(&workspace, root.as_str().as_bytes())?;
        }
        Ok(store)
    }

    /// Takes the binary of a service in.
    pub(crate) fn compiled(&self, service: &str, source: &Utf8Path) -> anyhow::Result<Compiled> {
        let known = self.known(&service_note(service), source, |copy| {
            let contents = Contents::of(copy, service, &run_loader)?;
            let closure = contents
                .closure()
                .map(|path| Ok((path.to_owned(), FileIdentity::of_path(path)?)))
                .collect::<anyhow::Result<_>>()?;
            let digests = *contents.digests();
            Ok((digests.executable, Some(CachedImage { digests, closure })))
        })?;
        let image = known.image.with_context(|| format!("`{service}` has no image"))?;
        Ok(Compiled { service: service.to_owned(), digests: image.digests, stored: known.stored })
    }

    /// Takes a test binary in, and says where it is.
    pub(crate) fn test(&self, name: &str, source: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
        Ok(self.known(&test_note(name), source, |copy| Ok((hash_file(copy)?, None)))?.stored.path)
    }

    /// The executable that a file of cargo's is, taken in if it is a new one.
    ///
    /// It stands in the ledgers before the lock on the target folder is let go:
    /// what a run uses is not removed as unused by another.
    fn known(
        &self,
        note: &str,
        source: &Utf8Path,
        look: impl FnOnce(&Utf8Path) -> anyhow::Result<(Digest, Option<CachedImage>)>,
    ) -> anyhow::Result<CacheEntry> {
        let known = self.look_up(note, source, look)?;
        let resource = Resource::CachedExecutable { digest: known.stored.digest };
        for ledger in self.ledgers {
            ledger.write(&Entry::Borrowed { resource: resource.clone() })?;
        }
        Ok(known)
    }

    fn look_up(
        &self,
        note: &str,
        source: &Utf8Path,
        look: impl FnOnce(&Utf8Path) -> anyhow::Result<(Digest, Option<CachedImage>)>,
    ) -> anyhow::Result<CacheEntry> {
        let note = self.cache.join(note);
        let identity = FileIdentity::of_path(source)?;
        if let Ok(known) = read_json::<CacheEntry>(&note)
            && known.source == source
            && identity.is_as_written(&known.identity)
            && known.stored.is_intact()
            && known.image.as_ref().is_none_or(CachedImage::is_current)
        {
            return Ok(known);
        }
        let (stored, image) = self.take_in(source, look)?;
        let known = CacheEntry { source: source.to_owned(), identity, stored, image };
        write_json(&note, &known)?;
        Ok(known)
    }

    /// Copies an executable, has the copy hashed, and gives it its place.
    ///
    /// A reflink where the file system has them, else a copy; never a hard link:
    /// cargo may write into its own file again.
    fn take_in<T>(
        &self,
        source: &Utf8Path,
        look: impl FnOnce(&Utf8Path) -> anyhow::Result<(Digest, T)>,
    ) -> anyhow::Result<(CachedExecutable, T)> {
        let name = source.file_name().with_context(|| format!("{source} has no name"))?;
        let partial = self.store.join(format!(".partial-{}", std::process::id()));
        let copy = || -> anyhow::Result<(CachedExecutable, T)> {
            fs::copy(source, &partial).with_context(|| {
                format!("cannot copy {source} to {partial}\nhint: look whether the disk is full")
            })?;
            fs::set_permissions(&partial, fs::Permissions::from_mode(0o555))
                .with_context(|| format!("cannot make {partial} executable"))?;
            let (digest, seen) = look(&partial)
                .with_context(|| format!("{source} cannot be taken into the store"))?;
            let folder = self.store.join(digest.hex());
            make_folder(&folder)?;
            let path = folder.join(name);
            // Another run may have it from an earlier build, and may know it by its
            // identity: then it stays.
            if hash_file(&path).is_ok_and(|there| there == digest) {
                fs::remove_file(&partial).with_context(|| format!("cannot remove {partial}"))?;
            } else {
                fs::rename(&partial, &path).with_context(|| format!("cannot make {path}"))?;
            }
            let identity = FileIdentity::of_path(&path)?;
            Ok((CachedExecutable { digest, path, identity }, seen))
        };
        copy().inspect_err(|_| {
            let _ = fs::remove_file(&partial);
        })
    }
}

impl CachedImage {
    /// Whether the libraries and files around the binary are the same as then.
    fn is_current(&self) -> bool {
        self.closure.iter().all(|(path, identity)| {
            FileIdentity::of_path(path).is_ok_and(|current| current == *identity)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that has the executable from an earlier build knows it by its
    /// identity, and would take another file of the same bytes for a stranger.
    #[test]
    fn bytes_that_are_built_again_stay_the_same_file() {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
        let layout = Layout::below(&root.join("target"));
        let store = ExecutableCache::open(&layout, &root, &[]).unwrap();
        let source = root.join("program");
        let built = |bytes: &str| {
            let _ = fs::remove_file(&source);
            fs::write(&source, bytes).unwrap();
            let path = store.test("program", &source).unwrap();
            (FileIdentity::of_path(&path).unwrap(), path)
        };
        let (first, path) = built("one");
        built("two");
        assert_eq!(built("one"), (first, path.clone()));
        assert_eq!(layout.store().read_dir_utf8().unwrap().count(), 2);

        // Unless it is not what it was.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "tampered with").unwrap();
        built("one");
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }
}
