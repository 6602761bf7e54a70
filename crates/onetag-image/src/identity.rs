//! Telling without reading whether a file has changed.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;
use camino::Utf8Path;

/// What the file system says about a file without reading it.
///
/// Files of equal identity are taken to have equal contents, so that a digest
/// computed before still holds. `touch` and `cp -p` can set the modification time
/// to anything, but not the change time. Two writes within one tick of the file
/// system's clock give equal identities: do not keep the identity of a file to which
/// something may still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct FileIdentity {
    /// The device that the file is on.
    pub dev: u64,
    /// The number of its inode on that device.
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

    /// Whether this is the same file with the same contents, whatever its names and
    /// attributes: all but the change time is equal.
    ///
    /// Cargo gives an executable a new hard link when a build selects other targets,
    /// which changes the change time.
    #[must_use]
    pub fn is_as_written(&self, then: &FileIdentity) -> bool {
        Self { ctime_ns: then.ctime_ns, ..*self } == *then
    }
}

impl From<Metadata> for FileIdentity {
    fn from(metadata: Metadata) -> Self {
        // 64 bits hold the nanoseconds until the year 2262.
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
