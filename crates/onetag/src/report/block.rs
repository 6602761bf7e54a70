//! What is printed of one of several suites once it has ended, in one piece.

use std::io::{self, Seek as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::Progress;
use super::streams::write_stderr;
use crate::system::tool::Sink;

/// So much of it is kept in memory; more goes to a temporary file.
const IN_MEMORY: usize = 1 << 20;

/// What is printed of a suite once it has ended.
#[derive(Debug)]
pub(super) struct Block {
    suite: String,
    kept: Mutex<SpooledTempFile>,
}

impl Block {
    pub(super) fn new(suite: &str) -> Block {
        Block { suite: suite.to_owned(), kept: Mutex::new(SpooledTempFile::new(IN_MEMORY)) }
    }

    /// Keeps it until [`Block::print`]; what cannot be kept is printed at once.
    pub(super) fn write(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.write_all(bytes).is_err() {
            write_stderr(bytes);
        }
    }

    /// Prints all of it below its title; nothing else is printed meanwhile.
    pub(super) fn print(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "---- {} ----", self.suite)
            .and_then(|()| kept.rewind())
            .and_then(|()| io::copy(&mut *kept, &mut stderr))
            .and_then(|_| stderr.flush());
        *kept = SpooledTempFile::new(IN_MEMORY);
    }
}

/// Output of nextest: kept, and its last line shown while it runs.
pub(super) struct KeptOutput {
    pub(super) block: Arc<Block>,
    pub(super) progress: Progress,
}

impl Sink for KeptOutput {
    fn write(&self, bytes: &[u8]) {
        self.block.write(bytes);
        if let Some(line) = last_line(bytes) {
            self.progress.update(line);
        }
    }
}

/// The last whole line that says something, without what colours it or moves the cursor.
fn last_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (whole, _) = text.rsplit_once('\n')?;
    let lines = whole.lines().rev().map(|line| console::strip_ansi_codes(line).into_owned());
    let mut lines = lines.map(|line| line.trim().replace(char::is_control, " "));
    lines.find(|line| !line.is_empty())
}

/// Every line of a text with a label before it, by which it is told from those of others.
/// Labels replace the two spaces with which lines of a run begin.
pub(super) fn labelled(text: &str, label: &str) -> String {
    let lines =
        text.lines().map(|line| format!("{label}{}", line.strip_prefix("  ").unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_says_something_is_shown() {
        let shown = |text: &str| last_line(text.as_bytes());
        assert_eq!(shown("a\n  PASS b\n\n  FA").as_deref(), Some("PASS b"));
        assert_eq!(shown("\u{1b}[32;1mPASS\u{1b}[0m\tb\r\n").as_deref(), Some("PASS b"));
        assert_eq!(shown("not whole"), None);
        assert_eq!(shown("\n\n"), None);
    }

    #[test]
    fn every_line_has_its_label() {
        assert_eq!(labelled("  deploy  1 s\nmore", "a | "), "a | deploy  1 s\na | more");
    }
}
