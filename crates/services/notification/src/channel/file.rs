//! The `file` channel: a JSON file in the output folder.
//!
//! A reader sees a complete file or none: the file is written under another
//! name, synced and renamed. Its name is derived from the notification's id, so
//! a repeated attempt replaces the same file.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

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
        blocking(&location, move || write(&path, &text)).await?;
        Ok(Receipt { location: Some(location), http_status: None })
    }
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let mut file = File::create(&temporary)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    // The folder is synced too, so that the new name survives a crash.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
