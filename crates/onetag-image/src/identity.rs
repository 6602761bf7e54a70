//! Whether a file is still the one that was looked at before.

use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;
use camino::Utf8Path;

/// What the file system says about a file without reading it.
///
/// As long as it is the same, the contents are taken to be the same, so that a
/// digest computed before still holds. The change time cannot be set back by
/// ordinary means, which is why it is in here beside the modification time
/// that `touch` and `cp -p` set at will. A file that is written to twice within
/// one tick of the file system's clock looks the same: do not keep the identity
/// of a file that something may still be writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct FileIdentity {
    /// The device that the file is on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its contents changed last, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// When its contents or attributes changed last, in nanoseconds since
    /// 1970.
    pub ctime_ns: i64,
}

impl FileIdentity {
    /// The identity of what `path` leads to, through symbolic links.
    ///
    /// # Errors
    ///
    /// When there is no such file or it cannot be reached.
    pub fn of_path(path: &Utf8Path) -> anyhow::Result<Self> {
        let metadata = std::fs::metadata(path);
        Ok(metadata.with_context(|| format!("cannot look at `{path}`"))?.into())
    }

    /// The identity of an open file, whatever its path leads to by now.
    ///
    /// # Errors
    ///
    /// When the file system does not answer.
    pub fn of_file(file: &File) -> std::io::Result<Self> {
        Ok(file.metadata()?.into())
    }

    /// Whether this is the file as it was written then, whatever became of its
    /// names and attributes since.
    ///
    /// For files of cargo's, which gives a program another hard link with every
    /// build that chooses other targets, and so another change time.
    #[must_use]
    pub fn is_as_written(&self, then: &FileIdentity) -> bool {
        Self { ctime_ns: then.ctime_ns, ..*self } == *then
    }
}

impl From<Metadata> for FileIdentity {
    fn from(metadata: Metadata) -> Self {
        // Nanoseconds of 64 bits last until the year 2262.
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000) + rest;
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
