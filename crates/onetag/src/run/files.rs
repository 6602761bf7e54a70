//! Files and folders of the harness are written as a whole, for this user alone.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use anyhow::Context as _;
use camino::Utf8Path;

use super::partial;
use crate::error::Attach as _;

/// Makes a folder and those above it, for this user alone.
pub(crate) fn make_folder(path: &Utf8Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the folder {path}"))
        .hint("set CARGO_TARGET_DIR to a folder that you can write to")
}

/// Removes a file, or a folder with all in it; one that is gone is no error.
pub(crate) fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {path}")),
    }
}

/// Writes a file as a whole: a reader sees the old one, or all of the new one.
///
/// Only this user may read it.
pub(crate) fn write_file(path: &Utf8Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = partial(path);
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.write_all(bytes)?;
        fs::rename(&partial, path)
    };
    write().with_context(|| {
        let _ = fs::remove_file(&partial);
        format!("cannot write {path}")
    })
}

/// Writes a value as one JSON document, for people as well.
pub(crate) fn write_json(path: &Utf8Path, value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    write_file(path, text.as_bytes())
}

/// Reads a JSON document that the harness wrote before.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{path} is damaged"))
}
