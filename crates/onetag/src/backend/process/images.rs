//! The executable cache as an image store, and what a process runs of it.

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_image::Files;
use serde::{Deserialize, Serialize};

use super::super::{ImageStore, Replica, Seen, StoredImage};
use super::child::Child;
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::build::{CachedExecutable, Compiled};
use crate::error::Attach as _;
use crate::run::Reference;
use crate::system::is_hidden;

/// The executable cache has what was built.
#[derive(Debug)]
pub(super) struct ProcessImages;

impl ImageStore for ProcessImages {
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage> {
        let executable = compiled.executable();
        let identity = FileIdentity::of_path(&executable.path)
            .with_context(|| format!("the executable cache lost {}", executable.path))?;
        ensure!(
            executable.identity == identity,
            "{} was changed after it was built for {reference}",
            executable.path
        );
        let image = ProcessImage {
            executable: executable.clone(),
            folder: compiled.files().folder().to_owned(),
            files: compiled.files().digest,
            library_path: compiled.library_path().map(Utf8Path::to_owned),
        };
        Ok(StoredImage { digest: executable.digest, details: serde_json::to_value(image)? })
    }
}

/// What a process executes, and where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ProcessImage {
    pub(super) executable: CachedExecutable,
    /// The folder with the files of the image, in which it starts.
    pub(super) folder: Utf8PathBuf,
    /// Of those files.
    files: Digest,
    /// Shared libraries that the loader does not find by itself.
    pub(super) library_path: Option<Utf8PathBuf>,
}

impl ProcessImage {
    /// What a process really executes, and that the files around it are those of the
    /// image.
    ///
    /// Reads the file behind the process, not the file that was meant: unless it is,
    /// by its identity, the very file that was hashed when it was built.
    ///
    /// Where nobody may look, it is the file that the process was let go to execute, if
    /// that has not changed since. A process that executes another program can be looked
    /// into again, unless that forbids it as well.
    pub(super) fn see(&self, child: &Child) -> anyhow::Result<Seen> {
        let (mut replica, pid) = (child.replica(), child.pid());
        Files::verify(&self.folder, self.files)
            .with_context(|| {
                format!("the files of `{}` are not those that were built", replica.name)
            })
            .hint(
                "what a service writes goes to `{self.volume}` or to a temporary folder, \
                 not to the folder in which it starts",
            )?;
        let path = Utf8PathBuf::try_from(crate::system::executable(pid))
            .context("the executable has a path that is not UTF-8")?;
        let Replica { name, location } = &replica;
        let is_file = |path: &Utf8Path| {
            FileIdentity::of_path(path).is_ok_and(|it| it == self.executable.identity)
        };
        if is_hidden(pid) {
            let built = &self.executable;
            ensure!(
                child.executed == built.identity && is_file(&built.path),
                "what `{name}`, {location}, executes must not be looked at, and {} is not what \
                 it was started from",
                built.path
            );
            replica.location.push_str(", as it was started");
            return Ok(Seen { replica, digest: built.digest });
        }
        ensure!(path.exists(), "`{name}`, {location}, ended before it was looked at");
        let digest = match is_file(&path) {
            true => self.executable.digest,
            false => {
                hash_file(&path).with_context(|| format!("cannot read what `{name}` executes"))?
            }
        };
        Ok(Seen { replica, digest })
    }
}
