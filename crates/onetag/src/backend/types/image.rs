//! Images, as a backend builds and keeps them.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::image::{Digest, Digests};
use crate::run::ledger::Ledger;

/// An image that a backend builds itself.
#[derive(Clone, Debug)]
pub struct ImageBuild {
    /// The service that it is for.
    pub service: String,
    /// The instructions.
    pub file: Utf8PathBuf,
    /// The folder of which they may copy files.
    pub context: Utf8PathBuf,
    /// The names that it gets, each with the ledger of its run.
    pub names: Vec<(String, Ledger)>,
    /// Whether what the builder says is shown meanwhile.
    pub is_shown: bool,
}

/// An image in a backend's store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredImage {
    /// One of its digests, as the store tells it.
    pub digest: Digest,
    /// What the runtime wants to know of it, in the backend's own words.
    pub details: Value,
}

/// What an external service runs, as the backend has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalImage {
    /// What the backend calls it: the pinned name of an image, the path of a program.
    pub name: String,
    /// What it says of itself when it is asked for its version, if it does.
    pub version: Option<String>,
    /// It, for the runtime. Of a published image, the digest is the one that pins it.
    pub image: StoredImage,
}

/// The digests of which one has to be the digest of what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Expected {
    /// Those of an image that was built.
    OneOf(Digests),
    /// Of an image that an engine built: the one that it has there.
    Image {
        /// Of the configuration, the manifest or an index, as the engine tells it.
        image: Digest,
    },
    /// Of an external service: the one that it had when it was deployed.
    Pinned {
        /// Of the image or the program.
        pinned: Digest,
    },
}

impl Expected {
    /// The one that people are shown.
    pub(crate) fn shown(&self) -> Digest {
        match self {
            Expected::OneOf(digests) => digests.manifest,
            Expected::Image { image: digest } | Expected::Pinned { pinned: digest } => *digest,
        }
    }

    /// Whether this is one of them.
    pub fn contains(&self, digest: &Digest) -> bool {
        match self {
            Expected::OneOf(digests) => digests.contains(digest),
            Expected::Image { image: expected } | Expected::Pinned { pinned: expected } => {
                expected == digest
            }
        }
    }
}
