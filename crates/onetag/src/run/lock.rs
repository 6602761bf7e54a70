//! Locks on files, which the system lets go of when their holders end.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// An exclusive lock, held for as long as this value or a copy of its open file
/// in another process lives.
#[derive(Debug)]
pub(crate) struct FileLock(File);

impl FileLock {
    /// Takes the lock if nobody holds it.
    pub(crate) fn try_take(path: &Utf8Path) -> anyhow::Result<Option<FileLock>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot open the lock {path}"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(FileLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {path}"))
            }
        }
    }

    /// Takes the lock, waiting for whoever holds it; calls `waiting` once if it
    /// has to wait.
    pub(crate) fn take(
        path: &Utf8Path,
        limit: Duration,
        interrupt: &Interrupt,
        waiting: impl FnOnce(),
    ) -> anyhow::Result<FileLock> {
        if let Some(lock) = FileLock::try_take(path)? {
            return Ok(lock);
        }
        waiting();
        wait::until(&format!("taking the lock {path}"), limit, interrupt, || {
            Ok(match FileLock::try_take(path)? {
                Some(lock) => Poll::Ready(lock),
                None => Poll::Pending("another process holds it".to_owned()),
            })
        })
    }

    /// The open file, for a process that is to hold the lock as well.
    pub(crate) fn share(&self) -> anyhow::Result<OwnedFd> {
        let file = self.0.try_clone().context("cannot share a lock")?;
        Ok(file.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_its_last_copy_is_gone() {
        let temp = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temp.path()).unwrap().join("lock");
        let lock = FileLock::try_take(&path).unwrap().unwrap();
        let copy = lock.share().unwrap();
        drop(lock);
        assert!(FileLock::try_take(&path).unwrap().is_none());
        drop(copy);
        assert!(FileLock::try_take(&path).unwrap().is_some());
    }
}
