//! Room on the disk.

use std::io;

use camino::Utf8Path;
use rustix::fs::statvfs;

/// How many bytes an ordinary user can still write to the file system of a path.
pub(crate) fn free_space(path: &Utf8Path) -> io::Result<u64> {
    let system = statvfs(path.as_std_path())?;
    Ok(system.f_bavail.saturating_mul(system.f_frsize))
}
