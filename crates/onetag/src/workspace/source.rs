//! Where a piece of metadata was written.

use std::fmt;

use anyhow::anyhow;
use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Attach as _, Kind};

/// A table of a manifest, for messages: every error names its file and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Relative to the workspace root, so that it is short to read.
    manifest: Utf8PathBuf,
    table: String,
}

impl Source {
    /// The table `table` of `manifest`, an absolute path below `root`.
    pub(super) fn new(root: &Utf8Path, manifest: &Utf8Path, table: impl Into<String>) -> Self {
        let manifest = manifest.strip_prefix(root).unwrap_or(manifest).to_owned();
        Self { manifest, table: table.into() }
    }

    /// A table or key inside this one.
    pub(super) fn key(&self, key: impl fmt::Display) -> Self {
        Self { manifest: self.manifest.clone(), table: format!("{}.{key}", self.table) }
    }

    /// An element of the list that this key has.
    pub(super) fn element(&self, at: usize) -> Self {
        Self { manifest: self.manifest.clone(), table: format!("{}[{at}]", self.table) }
    }

    /// The error that says what is wrong here.
    pub(super) fn error(&self, fault: impl fmt::Display) -> anyhow::Error {
        anyhow!("{self}: {fault}").kind(Kind::Metadata)
    }

    /// The error whose text names the key itself.
    pub(super) fn file_error(&self, fault: impl fmt::Display) -> anyhow::Error {
        anyhow!("{}: {fault}", self.manifest).kind(Kind::Metadata)
    }

    /// What to write here, as a hint.
    pub(super) fn add(&self, what: impl fmt::Display) -> String {
        format!("add `{what}` to [{}] in {}", self.table, self.manifest)
    }

    /// The manifest, relative to the workspace root.
    pub(super) fn manifest(&self) -> &Utf8Path {
        &self.manifest
    }

    /// The full path of the table inside the manifest.
    pub(super) fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.manifest, self.table)
    }
}
