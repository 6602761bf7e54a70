//! Locks on ranges of files.

use std::fs::File;
use std::io::{self, ErrorKind};

/// Who else may lock the same bytes: others that read, or nobody.
pub(crate) use file_guard::Lock as RangeLock;

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
    start: usize,
    length: usize,
) -> io::Result<bool> {
    match file_guard::try_lock(file, lock, start, length) {
        Ok(guard) => {
            // It would release the lock before the file is closed.
            std::mem::forget(guard);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
