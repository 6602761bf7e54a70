//! Events that were acknowledged but can never be stored.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use contract::datastorage::NewEvent;
use serde::Serialize;
use time::OffsetDateTime;

use super::sync_folder;

/// The file's name in the spool's folder.
const FILE: &str = "dead-letters.jsonl";

/// One event that can never be stored, or a line that cannot be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetter {
    /// When it was rejected.
    #[serde(with = "time::serde::rfc3339")]
    pub rejected_at: OffsetDateTime,
    /// Why it was rejected.
    pub reason: String,
    /// When the event was accepted.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<OffsetDateTime>,
    /// The event as it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<NewEvent>,
    /// The line of the spool, if no event can be read from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

/// The file of dead letters, for operators: one JSON object per line. The
/// service only appends to it. A crash may repeat a line.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    folder: PathBuf,
}

impl DeadLetters {
    /// The dead letters of the spool in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Appends letters, and returns once they are on the disk.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&self, letters: &[DeadLetter]) -> io::Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(self.path())?;
        let mut bytes = Vec::new();
        if file.metadata()?.len() > 0 {
            // A crash may have cut the last append short.
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                bytes.push(b'\n');
            }
        }
        for letter in letters {
            serde_json::to_writer(&mut bytes, letter)?;
            bytes.push(b'\n');
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
        sync_folder(&self.folder)
    }
}
