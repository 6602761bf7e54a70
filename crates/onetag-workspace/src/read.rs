//! From the bytes that `cargo metadata` prints to what they say.

use anyhow::Context as _;
use camino::Utf8PathBuf;

use super::assemble::assemble;
use super::cargo::CargoMetadata;
use super::topology::Workspace;

/// The validated topology of the workspace that `json` describes: what
/// `cargo metadata --format-version 1 --no-deps` prints.
///
/// # Errors
///
/// A [`Problem`](super::Problem) if a manifest says something that is not
/// allowed; another error if cargo describes the workspace in another way.
pub fn read(json: &[u8]) -> anyhow::Result<Workspace> {
    Ok(assemble(parse(json)?)?)
}

/// Where a workspace is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The folder of the root manifest, absolute.
    pub root: Utf8PathBuf,
    /// The folder that cargo builds into, absolute.
    pub target_directory: Utf8PathBuf,
}

/// Where the workspace is that `json` describes, which is the same as for
/// [`read`].
///
/// It validates nothing: a mistake in a manifest is no reason to leave runs
/// behind.
///
/// # Errors
///
/// When cargo describes the workspace in another way.
pub fn locate(json: &[u8]) -> anyhow::Result<Location> {
    let metadata = parse(json)?;
    let (root, target_directory) = (metadata.workspace_root, metadata.target_directory);
    Ok(Location { root, target_directory })
}

fn parse(json: &[u8]) -> anyhow::Result<CargoMetadata> {
    onetag_json::from_slice(json).context("cannot read the output of `cargo metadata`")
}
