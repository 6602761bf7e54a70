//! What is remembered of what cargo made: of which sources it is.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::times::written;
use crate::build::image::Digest;

/// How many artifacts are remembered for one path: a program is at the same path
/// with and without the features that the tests of its package switch on.
const ARTIFACTS_PER_PATH: usize = 4;

/// `sources.json` of a target folder; several checkouts may share it.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Memory {
    version: u32,
    /// The packages that each checkout has had built here, as [`package_key`] names
    /// them.
    pub(super) checkouts: BTreeMap<Utf8PathBuf, BTreeSet<String>>,
    /// By the path of the artifact, relative to the target folder; the newest first.
    units: BTreeMap<Utf8PathBuf, Vec<Unit>>,
}

/// An artifact and its sources.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Unit {
    pub(super) artifact: Artifact,
    /// The folder of its package. This and the paths below are relative to the root
    /// of the workspace, so that a copy of the workspace finds its own.
    pub(super) package: Utf8PathBuf,
    /// Of paths and contents of all its sources; none if one of them changed while
    /// it was built.
    pub(super) sources: Option<Digest>,
    /// Of those that a compiler was told of.
    pub(super) own: Option<Digest>,
    /// All of them.
    pub(super) files: Vec<Utf8PathBuf>,
    /// When it ran, if it is a build script: cargo lets one of another checkout run
    /// without building it.
    pub(super) ran_ns: Option<i64>,
}

/// What cargo made, by size and time: neither a new owner nor a copy with times makes
/// another of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Artifact {
    size: u64,
    mtime_ns: i64,
}

impl Artifact {
    pub(super) fn of(path: &Utf8Path) -> anyhow::Result<Artifact> {
        let (size, mtime_ns) = written(path)?;
        Ok(Artifact { size, mtime_ns })
    }

    fn is(&self, path: &Utf8Path) -> bool {
        let Ok((size, mtime_ns)) = written(path) else { return false };
        // Archives keep whole seconds.
        let whole = self.mtime_ns - self.mtime_ns.rem_euclid(1_000_000_000);
        size == self.size && [self.mtime_ns, whole].contains(&mtime_ns)
    }
}

/// What names a package in all checkouts of a workspace.
pub(super) fn package_key(name: &str, manifest: &Utf8Path) -> String {
    format!("{name} {manifest}")
}

impl Memory {
    /// Of another version than this nothing is known.
    const VERSION: u32 = 4;

    pub(super) fn new() -> Memory {
        Memory { version: Memory::VERSION, ..Memory::default() }
    }

    /// Whether this harness can read it.
    pub(super) fn is_of_this_version(&self) -> bool {
        self.version == Memory::VERSION
    }

    /// What is remembered of the artifact that is at a path now.
    pub(super) fn find(&self, key: &Utf8Path, artifact: &Utf8Path) -> Option<&Unit> {
        self.units.get(key)?.iter().find(|unit| unit.artifact.is(artifact))
    }

    /// Remembers an artifact; returns whether that is news.
    pub(super) fn remember(&mut self, key: Utf8PathBuf, unit: Unit) -> bool {
        let units = self.units.entry(key).or_default();
        if units.first() == Some(&unit) {
            return false;
        }
        units.retain(|other| other.artifact != unit.artifact);
        units.insert(0, unit);
        units.truncate(ARTIFACTS_PER_PATH);
        true
    }

    /// Forgets artifacts that are not there any more.
    pub(super) fn forget_what_is_gone(&mut self, target: &Utf8Path) {
        self.units.retain(|key, _| target.join(key).exists());
    }

    /// All that is remembered.
    pub(super) fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values().flatten()
    }

    /// The roots of other checkouts of the workspace at `root`, which has these
    /// packages, that have had something built here.
    pub(super) fn others(&self, root: &Utf8Path, packages: &BTreeSet<String>) -> Vec<Utf8PathBuf> {
        let others = self.checkouts.iter().filter(|(other, _)| *other != root);
        let others = others.filter(|(_, theirs)| !theirs.is_disjoint(packages));
        others.map(|(other, _)| other.clone()).collect()
    }
}
