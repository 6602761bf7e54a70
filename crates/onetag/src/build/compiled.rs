//! The image of a service that was built: its digests, and what it starts with.

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::executables::{CachedExecutable, ExecutableCache};
use super::image::{Contents, Digests, FileIdentity, run_loader};
use crate::workspace::Service;

/// Bytes that were built, of no run: the runs of an invocation share them.
#[derive(Clone, Debug)]
pub struct Compiled {
    service: String,
    image: CachedImage,
    executable: CachedExecutable,
}

impl Compiled {
    pub(super) fn new(service: &str, image: CachedImage, executable: CachedExecutable) -> Compiled {
        Compiled { service: service.to_owned(), image, executable }
    }

    /// The service that was built.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What names the bytes.
    pub fn digests(&self) -> &Digests {
        &self.image.digests
    }

    pub(crate) fn executable(&self) -> &CachedExecutable {
        &self.executable
    }

    pub(crate) fn files_folder(&self) -> &Utf8Path {
        self.executable.path.parent().unwrap_or(&self.executable.path)
    }

    pub(crate) fn verify_files(&self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// The digests of an image, and what they depend on besides the program.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CachedImage {
    digests: Digests,
    /// The libraries and files of this machine around the program.
    closure: Vec<(Utf8PathBuf, FileIdentity)>,
}

impl CachedImage {
    /// Whether what is around the program is the same as then.
    fn is_current(&self) -> bool {
        self.closure.iter().all(|(path, identity)| {
            FileIdentity::of_path(path).is_ok_and(|current| current == *identity)
        })
    }
}

impl ExecutableCache<'_> {
    /// The image of a service with this program, and whether it is another one than
    /// the `known` one.
    pub(super) fn image(
        &self,
        service: &Service,
        executable: &CachedExecutable,
        known: Option<CachedImage>,
    ) -> anyhow::Result<(Option<CachedImage>, bool)> {
        if let Some(known) = known.filter(CachedImage::is_current) {
            return Ok((Some(known), false));
        }
        let contents = Contents::of(&executable.path, &service.name, &run_loader)
            .with_context(|| format!("no image can be made of `{}`", service.name))?;
        let identified = |path: &Utf8Path| Ok((path.to_owned(), FileIdentity::of_path(path)?));
        let closure = contents.closure().map(identified).collect::<anyhow::Result<_>>()?;
        Ok((Some(CachedImage { digests: *contents.digests(), closure }), true))
    }
}
