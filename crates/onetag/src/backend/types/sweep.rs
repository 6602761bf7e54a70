//! What `gc` finds in a backend.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use crate::run::RunId;

/// What `gc` asks a backend for.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The harness's folder in the target folder, absolute: what is labelled with it is
    /// swept.
    pub folder: Utf8PathBuf,
    /// The runs that there are: what is theirs stays.
    pub runs: BTreeSet<RunId>,
    /// Only tell what would be done.
    pub dry_run: bool,
    /// Clusters that runs share go as well, where no run uses them.
    pub clusters: bool,
}

/// Something that a backend found which belongs to none of the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptObject {
    /// What it is, such as `container`.
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// How many bytes it has, as far as that is known.
    pub bytes: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What becomes of something that a backend found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is gone; in a dry run it would be.
    Removed,
    /// It is left alone, and why: it is of another target folder, for example.
    Left(String),
    /// It could not be removed, and why.
    Failed(String),
}
