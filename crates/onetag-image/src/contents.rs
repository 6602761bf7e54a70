//! All blobs of an image, and their digests.

use serde::{Deserialize, Serialize};

use anyhow::ensure;
use camino::Utf8Path;

use super::FileIdentity;
use super::closure::{self, Closure, USER};
use super::digest::Digest;
use super::error::HintedError;
use super::files::Files;
use super::layer::{Layer, Measure, program_path};
use super::manifest::{ImageConfig, Manifest, bytes};
use super::program::RunLoader;

/// The digests of an image.
///
/// Image stores report different ones: docker's graph driver that of the
/// configuration, containerd that of the manifest; of a process the executable can
/// be hashed. So a digest of something that runs is compared [by
/// membership](Digests::contains).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// Of the image configuration, which engines call the image id.
    pub config: Digest,
    /// Of the manifest, by which registries and containerd know an image.
    pub manifest: Digest,
    /// Of the binary itself.
    pub executable: Digest,
}

/// An image without its name.
///
/// The documents are in memory. The layers are descriptions: their files are read
/// when they are written.
#[derive(Debug)]
pub struct Contents {
    pub(crate) layers: [(Layer, Measure); 2],
    pub(crate) config: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
    digests: Digests,
    closure: Closure,
}

impl Contents {
    /// The image of `service` with this binary, whose hash is known, and these files, as
    /// [`write_archive`](super::write_archive) would write it; `run` runs the binary's
    /// loader.
    ///
    /// Reads the binary and the files once, and writes nothing. Where the layers were
    /// `measured` before, it reads them not at all: whoever writes the archive finds
    /// whether they are still the same.
    ///
    /// # Errors
    ///
    /// When the binary or a file cannot be read, or the binary is no program for this
    /// machine, or needs a library that its loader does not find.
    pub fn with_files(
        binary: &Utf8Path,
        executable: Digest,
        service: &str,
        files: &Files,
        run: RunLoader<'_>,
        measured: Option<[Measure; 2]>,
    ) -> anyhow::Result<Self> {
        let before = FileIdentity::of_path(binary)?;
        let closure = Closure::of(binary, run)?;
        let lower = closure.layer()?;
        let upper = Layer::program(service, binary, &files.layer)?;
        let [lower_measure, upper_measure] = match measured {
            Some(measured) => measured,
            None => [closure::measure(&lower)?, upper.measure()?],
        };
        ensure!(
            FileIdentity::of_path(binary)? == before,
            HintedError::new(
                format!("`{binary}` changed while it was read"),
                "nothing may write to it while a run builds"
            )
        );

        let entrypoint = program_path(service)?.into_string();
        let config = bytes(&ImageConfig::new(
            USER,
            closure.environment(),
            entrypoint,
            lower_measure.digest,
            upper_measure.digest,
        ));
        let manifest = bytes(&Manifest::new(measure(&config), &[lower_measure, upper_measure]));
        let digests =
            Digests { config: Digest::of(&config), manifest: Digest::of(&manifest), executable };
        Ok(Self {
            layers: [(lower, lower_measure), (upper, upper_measure)],
            config,
            manifest,
            digests,
            closure,
        })
    }

    /// The files of this machine that the binary needs around it: loader,
    /// libraries, certificates.
    pub fn closure(&self) -> impl Iterator<Item = &Utf8Path> {
        self.closure.host_files()
    }

    /// Digests and sizes of the layers, the lower one first.
    pub fn measures(&self) -> [Measure; 2] {
        self.layers.each_ref().map(|(_, measure)| *measure)
    }

    /// The digests of this image.
    pub fn digests(&self) -> &Digests {
        &self.digests
    }
}

impl Digests {
    /// Whether `seen` is one of the digests of this image.
    pub fn contains(&self, seen: &Digest) -> bool {
        [self.config, self.manifest, self.executable].contains(seen)
    }
}

/// Digest and size of a document.
pub(crate) fn measure(document: &[u8]) -> Measure {
    Measure { digest: Digest::of(document), size: document.len() as u64 }
}
