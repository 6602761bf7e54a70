//! The folder of the spool.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// Creates the folder if it does not exist, and keeps other processes out of it
/// for as long as the returned file is open.
pub(super) fn lock(folder: &Path) -> anyhow::Result<File> {
    create(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => bail!("another process uses it"),
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    refuse_segments(folder)?;
    Ok(file)
}

/// Creates the folder and syncs its name.
fn create(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    match folder.canonicalize()?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Refuses a folder with events in the format of earlier versions, which would
/// never be stored.
fn refuse_segments(folder: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", folder.display());
    for file in folder.read_dir().with_context(cannot)? {
        let path = file.with_context(cannot)?.path();
        ensure!(
            path.extension().is_none_or(|extension| extension != "spool"),
            "{} has events of an earlier version\n\
             hint: start that version, and this one once its spool is empty",
            path.display()
        );
    }
    Ok(())
}
