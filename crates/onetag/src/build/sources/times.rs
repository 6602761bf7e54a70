//! Times of files, in nanoseconds since 1970 by the clock of the file system.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;
use camino::Utf8Path;

use super::contents::PACKAGE_TABLE;

/// Size and time of a file.
pub(super) fn written(path: &Utf8Path) -> anyhow::Result<(u64, i64)> {
    let metadata = path.metadata().with_context(|| format!("cannot look at {path}"))?;
    Ok((metadata.len(), nanoseconds(metadata.mtime(), metadata.mtime_nsec())))
}

/// Whether an artifact was written after the last change of any of its sources.
pub(super) fn is_younger(artifact: &Utf8Path, sources: &BTreeSet<&str>) -> bool {
    written(artifact).is_ok_and(|(_, mtime_ns)| is_later(mtime_ns, sources))
}

/// Whether a time is after the last change of any of these sources.
pub(super) fn is_later(at_ns: i64, sources: &BTreeSet<&str>) -> bool {
    // A change of the harness's own table changes no artifact.
    let mut files = sources.iter().filter(|path| !path.ends_with(PACKAGE_TABLE));
    files.all(|path| changed_ns(Utf8Path::new(path)).is_some_and(|changed| changed < at_ns))
}

/// When the file system changed what is at a path (ctime), in nanoseconds.
pub(super) fn changed_ns(path: &Utf8Path) -> Option<i64> {
    let metadata = path.metadata().ok()?;
    Some(nanoseconds(metadata.ctime(), metadata.ctime_nsec()))
}

/// What time it is for the file system, whose clock is coarser than ours.
pub(super) fn now_of_the_file_system(folder: &Utf8Path) -> anyhow::Result<i64> {
    let file = tempfile::tempfile_in(folder);
    let metadata = file.and_then(|file| file.metadata());
    let metadata = metadata.with_context(|| format!("cannot make a file in {folder}"))?;
    Ok(nanoseconds(metadata.ctime(), metadata.ctime_nsec()))
}

/// A time of a file as one number.
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
