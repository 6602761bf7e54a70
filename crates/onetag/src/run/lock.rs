//! Locks on files, which the system lets go of when their holders end.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// A lock, held for as long as this value or a copy of its open file in another process
/// lives; exclusive unless it says otherwise.
#[derive(Debug)]
pub(crate) struct FileLock(File);

/// Who else may hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nobody.
    Alone,
    /// Whoever holds it like this.
    Together,
}

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
        FileLock::try_hold(file, path, Hold::Alone)
    }

    fn try_hold(file: File, path: &Utf8Path, hold: Hold) -> anyhow::Result<Option<FileLock>> {
        let held = match hold {
            Hold::Alone => file.try_lock(),
            Hold::Together => file.try_lock_shared(),
        };
        match held {
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
        FileLock::wait(path, limit, interrupt, || FileLock::try_take(path))
    }

    /// Takes the lock of a folder of somebody else's, in which nothing is made for it,
    /// waiting for whoever holds it; none if the folder cannot be opened.
    pub(crate) fn of_folder(
        folder: &Utf8Path,
        hold: Hold,
        limit: Duration,
    ) -> anyhow::Result<Option<FileLock>> {
        if File::open(folder).is_err() {
            return Ok(None);
        }
        let lock = || FileLock::try_hold(File::open(folder)?, folder, hold);
        FileLock::wait(folder, limit, &Interrupt::default(), lock).map(Some)
    }

    fn wait(
        path: &Utf8Path,
        limit: Duration,
        interrupt: &Interrupt,
        take: impl Fn() -> anyhow::Result<Option<FileLock>>,
    ) -> anyhow::Result<FileLock> {
        wait::until(&format!("taking the lock {path}"), limit, interrupt, || {
            Ok(match take()? {
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

    #[test]
    fn a_folder_is_held_together_or_alone() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let hold = |hold| FileLock::of_folder(folder, hold, Duration::ZERO);
        let two = [Hold::Together, Hold::Together].map(|how| hold(how).unwrap().unwrap());
        let error = hold(Hold::Alone).unwrap_err().to_string();
        assert!(error.ends_with("another process holds it"), "{error}");
        drop(two);
        let _alone = hold(Hold::Alone).unwrap().unwrap();
        hold(Hold::Together).unwrap_err();
        let missing = folder.join("missing");
        assert!(FileLock::of_folder(&missing, Hold::Alone, Duration::ZERO).unwrap().is_none());
    }
}
