//! The executable cache as an image store, and what a process runs of it.

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_image::Files;
use serde::{Deserialize, Serialize};

use super::super::{ImageStore, Replica, StoredImage};
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::build::{CachedExecutable, Compiled};
use crate::error::Attach as _;
use crate::run::Reference;

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
    pub(super) fn see(&self, replica: &Replica, pid: u32) -> anyhow::Result<Digest> {
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
        let Replica { name, location } = replica;
        ensure!(path.exists(), "`{name}`, {location}, ended before it was looked at");
        if FileIdentity::of_path(&path).is_ok_and(|identity| identity == self.executable.identity) {
            return Ok(self.executable.digest);
        }
        hash_file(&path).with_context(|| format!("cannot read what `{name}` executes"))
    }
}
