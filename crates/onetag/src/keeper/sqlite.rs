//! Taking the write lock of an SQLite database, and nothing else of it.
//!
//! SQLite's locks are POSIX locks on ranges of bytes, and which bytes mean what
//! is part of its file format, so a process that is no SQLite can hold them: the
//! keeper would grow by all of SQLite otherwise. Sources:
//! <https://sqlite.org/walformat.html#how_the_various_locks_are_used> and
//! <https://sqlite.org/lockingv3.html>; the offsets are those of `os_unix.c`.
//!
//! For SQLite this process looks like one more connection that is in the middle
//! of a long write transaction: others read on, and whoever wants to write is
//! busy.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::system::RangeLock::{self, Exclusive, Shared};
use crate::system::try_lock_range;

/// Bytes of a file that stand for a lock.
type Range = (usize, usize);

/// RESERVED_BYTE of the database: who writes in rollback mode.
const RESERVED: Range = (0x4000_0001, 1);

/// SHARED_FIRST and SHARED_SIZE of the database: who reads, and every connection
/// in write-ahead mode as long as it is open.
const SHARED: Range = (0x4000_0002, 510);

/// WAL_WRITE_LOCK of the write-ahead index: who writes in write-ahead mode.
const WAL_WRITE: Range = (120, 1);

/// UNIX_SHM_DMS of the write-ahead index, the "dead man's switch": every
/// connection shares it, so that nobody takes the index for abandoned.
const IN_USE: Range = (128, 1);

/// Of the database's header: 2 in write-ahead mode (file format, section 1.3.3).
const WRITE_VERSION: u64 = 18;

/// The write lock of a database, held until this is dropped.
#[derive(Debug)]
pub(super) struct WriteLock {
    pub(super) database: Utf8PathBuf,
    /// Closing them lets go of the locks.
    _files: Vec<File>,
}

impl WriteLock {
    /// Takes the write lock, unless somebody else has it at this moment.
    ///
    /// Errors: there is no such database, or it cannot be opened.
    pub(super) fn try_take(database: &Utf8Path) -> anyhow::Result<Option<WriteLock>> {
        let file = open(database)?;
        let write_ahead =
            is_write_ahead(&file).with_context(|| format!("cannot read {database}"))?;
        let wanted = if !write_ahead {
            vec![(file, vec![(Shared, SHARED), (Exclusive, RESERVED)])]
        } else if lock(&file, Exclusive, SHARED)? {
            // Nobody has it open, so that there is no index, or one of no worth,
            // and whoever opens it now cannot read either.
            vec![(file, vec![])]
        } else {
            let index = open(&Utf8PathBuf::from(format!("{database}-shm")))?;
            vec![
                (file, vec![(Shared, SHARED)]),
                (index, vec![(Shared, IN_USE), (Exclusive, WAL_WRITE)]),
            ]
        };
        for (file, locks) in &wanted {
            for (kind, range) in locks {
                if !lock(file, *kind, *range)? {
                    return Ok(None);
                }
            }
        }
        // Moved and never cloned: closing any of them would let go of all.
        let files = wanted.into_iter().map(|(file, _)| file).collect();
        Ok(Some(WriteLock { database: database.to_owned(), _files: files }))
    }
}

fn open(path: &Utf8Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open {path}"))
}

/// A database without a header was made and never written.
fn is_write_ahead(database: &File) -> std::io::Result<bool> {
    let mut version = [0];
    let read = database.read_at(&mut version, WRITE_VERSION)?;
    Ok(read == 1 && version == [2])
}

fn lock(file: &File, kind: RangeLock, (start, length): Range) -> anyhow::Result<bool> {
    try_lock_range(file, kind, start, length).context("cannot lock a file of a database")
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
