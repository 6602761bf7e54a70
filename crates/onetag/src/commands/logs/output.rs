//! Where a log goes: as it is, or harmless to a terminal.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::{wait_until_closed, wait_until_writable};

/// How much is written at a time: as much as a pipe takes at once, or not at all.
const CHUNK: usize = 4 << 10;

/// How often a write that has to wait looks for a signal.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(100);

/// Stdout of this process. A reader that takes its time keeps no signal waiting.
pub(super) struct LogOutput<'a> {
    stdout: File,
    interrupt: &'a Interrupt,
    /// None where it is no terminal.
    escape: Option<Escape>,
    /// Nobody reads it any more, or there is no room for it.
    is_closed: bool,
}

impl LogOutput<'_> {
    pub(super) fn stdout(interrupt: &Interrupt) -> io::Result<LogOutput<'_>> {
        Ok(LogOutput::to(File::from(io::stdout().as_fd().try_clone_to_owned()?), interrupt))
    }

    pub(super) fn to(stdout: File, interrupt: &Interrupt) -> LogOutput<'_> {
        let escape = stdout.is_terminal().then(Escape::default);
        LogOutput { stdout, interrupt, escape, is_closed: false }
    }

    /// Errors: a signal came.
    pub(super) fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match &mut self.escape {
            Some(escape) => {
                let escaped = escape.escape(bytes);
                self.write_raw(escaped.as_bytes())
            }
            None => self.write_raw(bytes),
        }
    }

    /// Writes what was kept back.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let rest = self.escape.take().map(|escape| escape.incomplete).unwrap_or_default();
        self.write_raw(String::from_utf8_lossy(&rest).as_bytes())
    }

    fn write_raw(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        for chunk in bytes.chunks(CHUNK) {
            if self.is_closed {
                break;
            }
            while !wait_until_writable(self.stdout.as_fd(), SIGNAL_INTERVAL)? {
                self.interrupt.check()?;
            }
            self.is_closed = self.stdout.write_all(chunk).is_err();
        }
        Ok(())
    }

    /// Whether nothing more can be written.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Waits for this long, unless nobody reads any more or a signal comes.
    pub(super) fn pause(&mut self, limit: Duration) -> anyhow::Result<()> {
        self.is_closed |= wait_until_closed(self.stdout.as_fd(), limit)?;
        Ok(self.interrupt.check()?)
    }
}

/// Escapes control characters of a text that comes in pieces.
#[derive(Default)]
struct Escape {
    /// The beginning of a character whose rest is to come.
    incomplete: Vec<u8>,
}

impl Escape {
    fn escape(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.incomplete);
        all.extend(bytes);
        let end = all.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        let is_cut = std::str::from_utf8(end).is_err_and(|error| error.error_len().is_none());
        if is_cut {
            self.incomplete = end.to_owned();
            all.truncate(all.len() - self.incomplete.len());
        }
        let text = String::from_utf8_lossy(&all);
        let escaped = text.split_inclusive('\n').flat_map(|line| match line.strip_suffix('\n') {
            Some(line) => [printable(line, usize::MAX), "\n".to_owned()],
            None => [printable(line, usize::MAX), String::new()],
        });
        escaped.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_lines_stay() {
        let mut escape = Escape::default();
        let text = "a\x1b[31mred\x1b[0m\tx\n\nb\u{9b}2J\u{202e}\r\n\0";
        let escaped = "a\\x1b[31mred\\x1b[0m    x\n\nb\\u{9b}2J\\u{202e}\\r\n\\0";
        assert_eq!(escape.escape(text.as_bytes()), escaped);
    }

    #[test]
    fn a_character_that_comes_in_pieces_stays_whole() {
        let text = "ä€𝄞\u{1b}".as_bytes();
        for at in 0..text.len() {
            let mut escape = Escape::default();
            let (one, other) = text.split_at(at);
            assert_eq!(escape.escape(one) + &escape.escape(other), "ä€𝄞\\x1b", "{at}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_such() {
        let mut escape = Escape::default();
        assert_eq!(escape.escape(b"a\xff\xc3"), "a\u{fffd}");
        assert_eq!(escape.escape(b"(b"), "\u{fffd}(b");
    }
}
