//! Asking cargo for the workspace.

use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Metadata;
use xshell::{Shell, cmd};

use super::assemble::assemble;
use super::topology::Workspace;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};
use onetag_image::Digest;

/// How long cargo may take to read manifests.
const LIMIT: Duration = Duration::from_secs(60);

/// The validated topology of the workspace that `cwd` lies in.
///
/// # Errors
///
/// A manifest says something that is not allowed, or cargo cannot be run or cannot
/// read the workspace.
pub fn load(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Workspace> {
    Ok(load_with_digest(cwd, interrupt)?.0)
}

/// The topology as [`load`] gives it, and the digest of what cargo says of the
/// workspace's own manifests: another one as soon as a member, a target or a
/// dependency changes.
pub(crate) fn load_with_digest(
    cwd: &Utf8Path,
    interrupt: &Interrupt,
) -> anyhow::Result<(Workspace, Digest)> {
    let json = metadata_json(cwd, interrupt)?;
    Ok((assemble(parse(&json)?)?, Digest::of(&json)))
}

/// Where a workspace is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The folder of the root manifest, absolute.
    pub root: Utf8PathBuf,
    /// The folder that cargo builds into, absolute.
    pub target_directory: Utf8PathBuf,
}

/// Where the workspace is that `cwd` lies in.
///
/// It validates nothing: a mistake in a manifest is no reason to leave runs
/// behind.
///
/// # Errors
///
/// When cargo cannot be run or cannot read the workspace.
pub fn locate(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Location> {
    let metadata = parse(&metadata_json(cwd, interrupt)?)?;
    let (root, target_directory) = (metadata.workspace_root, metadata.target_directory);
    Ok(Location { root, target_directory })
}

fn parse(json: &[u8]) -> anyhow::Result<Metadata> {
    serde_json::from_slice(json).context("cannot read the output of `cargo metadata`")
}

/// What `cargo metadata` prints.
///
/// `--no-deps` leaves the dependency graph unresolved: that takes 20 instead of
/// 140 ms and touches neither the network nor the lock file.
pub(crate) fn metadata_json(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Vec<u8>> {
    // Cargo names itself to what it runs, so `cargo xtask` asks the very cargo
    // that started it, whatever is first on the path.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let sh = Shell::new()?;
    sh.change_dir(cwd);
    let command = cmd!(sh, "{cargo} metadata --format-version 1 --no-deps");
    let finished =
        Tool::new(command, LIMIT).output(Output::Capture, Output::Capture).finish(interrupt)?;
    if !finished.status.success() {
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let how = finished.ended();
        bail!("`cargo metadata` {how} in {cwd}: {}", stderr.trim_end());
    }
    Ok(finished.stdout)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
