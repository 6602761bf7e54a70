//! The `file` channel: a JSON file in the output folder.
//!
//! A reader sees a complete file or none: every attempt writes a file with a
//! name of its own, syncs it and renames it. The name that it gets is derived
//! from the notification's id, so a repeated attempt replaces the same file.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::Context as _;

use super::{Message, Receipt, SendError, blocking};

/// The folder that files are written to.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(super) fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let hint = "hint: it must be a folder that this user can write";
        let cannot = |what| format!("cannot {what} {} (OUTPUT_DIR)\n{hint}", folder.display());
        fs::create_dir_all(&folder).with_context(|| cannot("make"))?;
        let probe = folder.join(format!(".probe-{}", std::process::id()));
        fs::write(&probe, "").with_context(|| cannot("write to"))?;
        fs::remove_file(&probe).with_context(|| cannot("write to"))?;
        Ok(Self { folder })
    }

    pub(super) async fn send(&self, message: &Message<'_>) -> Result<Receipt, SendError> {
        let mut text = serde_json::to_vec_pretty(message)
            .map_err(|error| SendError::permanent(format!("cannot be written as JSON: {error}")))?;
        text.push(b'\n');
        let name = format!("{}.{}.{}.json", message.name, message.channel, message.id.simple());
        let path = self.folder.join(name);
        let location = path.display().to_string();
        // It is dropped together with this future when the attempt times out.
        let attempt = Arc::new(());
        let running = Arc::downgrade(&attempt);
        blocking(&location, move || write(&path, &text, &running)).await?;
        Ok(Receipt { location: Some(location), http_status: None })
    }
}

/// Writes a file, unless its attempt is over before the file is complete.
fn write(path: &Path, text: &[u8], attempt: &Weak<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .suffix(".tmp")
        // As for every new file, less what the umask forbids.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    if attempt.strong_count() == 0 {
        return Err(io::Error::other("the attempt is over"));
    }
    file.persist(path)?;
    // The folder is synced too, so that the new name survives a crash.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
