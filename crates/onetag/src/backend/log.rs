//! The log of a service on disk: its beginning and its end, whatever it prints.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};

use anyhow::Context as _;
use camino::Utf8Path;

/// How much of a log is kept.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Of the whole file.
    all: u64,
    /// Of its beginning, which is never cut.
    head: u64,
    /// What is left of the rest when it is cut.
    end: u64,
    /// How much is written or moved at a time.
    chunk: usize,
}

/// The first MiB of what a service prints is kept, and at least 32 MiB of its end, in
/// a file that is never larger than 64 MiB.
const LIMITS: Limits = Limits { all: 64 << 20, head: 1 << 20, end: 32 << 20, chunk: 64 << 10 };

/// The length of what stands where a log was cut.
const MARK: u64 = 64;

/// A log that is written to by this process alone.
#[derive(Debug)]
pub(super) struct BoundedLog {
    file: File,
    length: u64,
    /// How many bytes were cut so far.
    cut: u64,
    limits: Limits,
}

impl BoundedLog {
    /// Opens a log to go on with it, a new one if there is none.
    pub(super) fn open(path: &Utf8Path) -> anyhow::Result<BoundedLog> {
        Self::with(path, LIMITS).with_context(|| format!("cannot open the log {path}"))
    }

    fn with(path: &Utf8Path, limits: Limits) -> io::Result<BoundedLog> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        let mut mark = [0; MARK as usize];
        let has_mark = file.read_exact_at(&mut mark, limits.head).is_ok();
        let cut = if has_mark { parse_mark(&mark) } else { None };
        Ok(BoundedLog { file, length, cut: cut.unwrap_or(0), limits })
    }

    /// Appends to the log, which is cut when it becomes too long.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.chunks(self.limits.chunk) {
            if self.length + chunk.len() as u64 > self.limits.all {
                self.cut()?;
            }
            self.file.write_all_at(chunk, self.length)?;
            self.length += chunk.len() as u64;
        }
        Ok(())
    }

    /// Moves the end of the log to behind its beginning.
    ///
    /// Whoever reads it meanwhile finds its last lines at its end all the same.
    fn cut(&mut self) -> io::Result<()> {
        let Limits { head, end, chunk, .. } = self.limits;
        let mut from = self.length - end;
        let before = if self.cut > 0 { head + MARK } else { head };
        self.cut += from - before;
        self.file.write_all_at(&mark(self.cut), head)?;
        let mut to = head + MARK;
        let mut buffer = vec![0; chunk];
        while from < self.length {
            let part = (self.length - from).min(chunk as u64);
            let part = &mut buffer[..part as usize];
            self.file.read_exact_at(part, from)?;
            self.file.write_all_at(part, to)?;
            from += part.len() as u64;
            to += part.len() as u64;
        }
        self.file.set_len(to)?;
        self.length = to;
        Ok(())
    }
}

/// Says where a log was cut, always in as many bytes.
fn mark(cut: u64) -> Vec<u8> {
    let mark = format!("\n[onetag: {cut} bytes were cut here]");
    format!("{mark:<width$}\n", width = MARK as usize - 1).into_bytes()
}

fn parse_mark(mark: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(mark).ok()?.strip_prefix("\n[onetag: ")?;
    text.split_once(" bytes were cut here]")?.0.parse().ok()
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
