//! Locks on ranges of files.

use std::fs::File;
use std::io;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// Who else may lock the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeLock {
    /// Others that read.
    Shared,
    /// Nobody.
    Exclusive,
}

/// Locks `length` bytes of a file from `start` on, unless another process is in
/// the way; says whether it did. A lock that this process has on them is turned
/// into this one.
///
/// The lock belongs to the process and not to the open file: it goes when the
/// process closes **any** file that it has opened there (fcntl(2), advisory
/// record locking). A shared lock takes a file that can be read, an exclusive one
/// a file that can be written.
pub(crate) fn try_lock_range(
    file: &File,
    lock: RangeLock,
    start: i64,
    length: i64,
) -> io::Result<bool> {
    let kind = match lock {
        RangeLock::Shared => libc::F_RDLCK,
        RangeLock::Exclusive => libc::F_WRLCK,
    };
    let range = libc::flock {
        l_type: kind as _,
        l_whence: libc::SEEK_SET as _,
        l_start: start,
        l_len: length,
        l_pid: 0,
    };
    match fcntl(file, FcntlArg::F_SETLK(&range)) {
        Ok(_) => Ok(true),
        Err(Errno::EACCES | Errno::EAGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
