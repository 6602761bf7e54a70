//! The copy of the workspace whose lines are changed: the harness never edits a
//! checked-in file.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

/// Folders that no build of a workspace reads: version control, and build output,
/// which cargo marks with a tag.
fn is_left_out(folder: &Utf8Path) -> bool {
    folder.file_name() == Some(".git") || folder.join("CACHEDIR.TAG").exists()
}

/// Makes `to` a copy of `from`.
///
/// A file that is the same already is not written: cargo looks at times, and what
/// an earlier bench built is of use to the next. `left_out` is a folder that is
/// not copied, the target folder.
///
/// # Errors
///
/// The file that cannot be read or written.
pub fn copy_workspace(from: &Utf8Path, to: &Utf8Path, left_out: &Utf8Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {to}"))?;
    let mut wanted = BTreeSet::new();
    for entry in from.read_dir_utf8().with_context(|| format!("cannot list {from}"))? {
        let entry = entry.with_context(|| format!("cannot list {from}"))?;
        let (source, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && (source == left_out || is_left_out(source)) {
            continue;
        }
        let target = to.join(entry.file_name());
        let copied = if kind.is_symlink() {
            copy_link(source, &target)
        } else if kind.is_dir() {
            copy_workspace(source, &target, left_out)
        } else {
            copy_file(source, &target)
        };
        copied.with_context(|| format!("cannot copy {source} to {target}"))?;
        wanted.insert(target);
    }
    remove_others(to, &wanted)
}

fn copy_file(source: &Utf8Path, target: &Utf8Path) -> anyhow::Result<()> {
    let bytes = fs::read(source)?;
    if fs::read(target).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(target, bytes)?;
    fs::set_permissions(target, fs::metadata(source)?.permissions())?;
    Ok(())
}

fn copy_link(source: &Utf8Path, target: &Utf8Path) -> anyhow::Result<()> {
    let path = fs::read_link(source)?;
    if fs::read_link(target).is_ok_and(|present| present == path) {
        return Ok(());
    }
    let _ = fs::remove_file(target);
    symlink(path, target)?;
    Ok(())
}

/// Removes what the workspace has no more.
fn remove_others(folder: &Utf8Path, wanted: &BTreeSet<Utf8PathBuf>) -> anyhow::Result<()> {
    for entry in folder.read_dir_utf8()?.flatten() {
        if wanted.contains(entry.path()) {
            continue;
        }
        let removed = match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path()),
            false => fs::remove_file(entry.path()),
        };
        removed.with_context(|| format!("cannot remove {}", entry.path()))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
