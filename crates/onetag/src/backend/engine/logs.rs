//! What a container prints, on its way to the log of its service.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use anyhow::Context as _;
use camino::Utf8Path;

use super::super::log::BoundedLog;
use super::client::Client;

/// How much is copied at a time.
const CHUNK: usize = 64 << 10;

/// How much of what one container printed is in the log already.
#[derive(Debug, Default)]
pub(super) struct Collected {
    bytes: u64,
}

impl Collected {
    /// Appends to the log what the container has printed since it was asked last.
    ///
    /// An engine hands out all of it each time, and without its beginning once that is
    /// more than it keeps: then all that is there counts as new.
    pub(super) fn update(
        &mut self,
        client: &Client,
        container: &str,
        log: &Utf8Path,
    ) -> anyhow::Result<()> {
        let folder = log.parent().context("a log lies in a folder")?;
        let mut all = tempfile::tempfile_in(folder).context("cannot make a file for a log")?;
        client.write(["logs", container], &all)?;
        let length = all.metadata()?.len();
        if length < self.bytes {
            self.bytes = 0;
            let dropped = "\n[onetag: the engine has dropped what came before this]\n";
            BoundedLog::open(log)?.write(dropped.as_bytes())?;
        }
        all.seek(SeekFrom::Start(self.bytes))?;
        append(all, log).with_context(|| format!("cannot write {log}"))?;
        self.bytes = length;
        Ok(())
    }
}

fn append(mut new: File, log: &Utf8Path) -> anyhow::Result<()> {
    let mut log = BoundedLog::open(log)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match new.read(&mut chunk)? {
            0 => return Ok(()),
            length => log.write(&chunk[..length])?,
        }
    }
}
