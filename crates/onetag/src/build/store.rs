//! Executables by the digest of their bytes.
//!
//! What cargo leaves in the target folder is replaced by the next build; what a
//! run executes must not change under it. So every executable is copied into the
//! store before the lock on the target folder is let go, and it is the copy that
//! is hashed and run. A file that has not changed since is not read again.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use onetag_json::record;

use crate::image::digest::hash_file;
use crate::image::{Contents, Digest, Digests, FileIdentity};
use crate::ledger::{Entry, Ledger, Record, Resource};
use crate::run::{Layout, make_folder, read_json, write_json};

/// Bytes that were built, of no run: the runs of an invocation share them.
#[derive(Clone, Debug)]
pub struct Compiled {
    service: String,
    digests: Digests,
    stored: Stored,
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

    pub(crate) fn stored(&self) -> &Stored {
        &self.stored
    }
}

/// An executable in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The hash of its bytes.
    pub(crate) digest: Digest,
    pub(crate) path: Utf8PathBuf,
    /// The file as it was when it was hashed.
    pub(crate) identity: FileIdentity,
}
record!(Stored { digest, path, identity });

impl Stored {
    /// Whether the file in the store is still the one that was hashed.
    fn is_intact(&self) -> bool {
        FileIdentity::of_path(&self.path).is_ok_and(|current| current == self.identity)
    }
}

/// What is known of a file of cargo's: which executable it is.
struct Known {
    source: Utf8PathBuf,
    identity: FileIdentity,
    stored: Stored,
    /// Of services: the digests of the image, and what else they depend on.
    image: Option<KnownImage>,
}
record!(Known { source, identity, stored, image });

#[derive(Clone)]
struct KnownImage {
    digests: Digests,
    closure: Vec<(Utf8PathBuf, FileIdentity)>,
}
record!(KnownImage { digests, closure });

/// The store of a workspace, while the lock on its target folder is held.
pub(super) struct Store<'a> {
    store: Utf8PathBuf,
    cache: Utf8PathBuf,
    /// Of the runs that what is taken in is for.
    ledgers: &'a [&'a Ledger],
}

impl<'a> Store<'a> {
    pub(super) fn open(layout: &Layout, ledgers: &'a [&'a Ledger]) -> anyhow::Result<Store<'a>> {
        let (store, cache) = (layout.store(), layout.cache().join("executables"));
        let store = Store { store, cache, ledgers };
        make_folder(&store.store)?;
        make_folder(&store.cache)?;
        Ok(store)
    }

    /// Takes the binary of a service in.
    pub(super) fn compiled(&self, service: &str, source: &Utf8Path) -> anyhow::Result<Compiled> {
        let known = self.known(&format!("service-{service}"), source, |copy| {
            let contents = Contents::of(copy, service)?;
            let closure = contents
                .closure()
                .map(|path| Ok((path.to_owned(), FileIdentity::of_path(path)?)))
                .collect::<anyhow::Result<_>>()?;
            let digests = *contents.digests();
            Ok((digests.executable, Some(KnownImage { digests, closure })))
        })?;
        let image = known.image.with_context(|| format!("`{service}` has no image"))?;
        Ok(Compiled { service: service.to_owned(), digests: image.digests, stored: known.stored })
    }

    /// Takes a test binary in, and says where it is.
    pub(super) fn test(&self, name: &str, source: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
        Ok(self
            .known(&format!("test-{name}"), source, |copy| Ok((hash_file(copy)?, None)))?
            .stored
            .path)
    }

    /// The executable that a file of cargo's is, taken in if it is a new one.
    ///
    /// It stands in the ledgers before the lock on the target folder is let go:
    /// what a run uses is not removed as unused by another.
    fn known(
        &self,
        key: &str,
        source: &Utf8Path,
        look: impl FnOnce(&Utf8Path) -> anyhow::Result<(Digest, Option<KnownImage>)>,
    ) -> anyhow::Result<Known> {
        let known = self.look_up(key, source, look)?;
        let resource = Resource::Stored { digest: known.stored.digest };
        for ledger in self.ledgers {
            ledger.write(&Entry::Borrowed { resource: resource.clone() })?;
        }
        Ok(known)
    }

    fn look_up(
        &self,
        key: &str,
        source: &Utf8Path,
        look: impl FnOnce(&Utf8Path) -> anyhow::Result<(Digest, Option<KnownImage>)>,
    ) -> anyhow::Result<Known> {
        let note = self.cache.join(format!("{key}.json"));
        let identity = FileIdentity::of_path(source)?;
        if let Ok(known) = read_json::<Known>(&note)
            && known.source == source
            && known.identity == identity
            && known.stored.is_intact()
            && known.image.as_ref().is_none_or(KnownImage::is_current)
        {
            return Ok(known);
        }
        let (stored, image) = self.take_in(source, look)?;
        let known = Known { source: source.to_owned(), identity, stored, image };
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
    ) -> anyhow::Result<(Stored, T)> {
        let name = source.file_name().with_context(|| format!("{source} has no name"))?;
        let partial = self.store.join(format!(".partial-{}", std::process::id()));
        let copy = || -> anyhow::Result<(Stored, T)> {
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
            fs::rename(&partial, &path).with_context(|| format!("cannot make {path}"))?;
            let identity = FileIdentity::of_path(&path)?;
            Ok((Stored { digest, path, identity }, seen))
        };
        copy().inspect_err(|_| {
            let _ = fs::remove_file(&partial);
        })
    }

    /// Removes what no service, no suite and no run refers to any more.
    pub(super) fn remove_unused(&self, layout: &Layout) -> anyhow::Result<()> {
        let mut used = BTreeSet::new();
        for note in self.cache.read_dir_utf8()?.flatten() {
            if let Ok(known) = read_json::<Known>(note.path()) {
                used.insert(known.stored.digest.hex());
            }
        }
        for run in layout.list()? {
            for entry in Record::read(run.path())?.entries {
                if let Entry::Borrowed { resource: Resource::Stored { digest } } = entry {
                    used.insert(digest.hex());
                }
            }
        }
        for entry in self.store.read_dir_utf8()?.flatten() {
            if !used.contains(entry.file_name()) {
                // A file that is executed right now stays until its end.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(())
    }
}

impl KnownImage {
    /// Whether the libraries and files around the binary are the same as then.
    fn is_current(&self) -> bool {
        self.closure.iter().all(|(path, identity)| {
            FileIdentity::of_path(path).is_ok_and(|current| current == *identity)
        })
    }
}
