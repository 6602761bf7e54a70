//! What services print, for people: the end of it, bounded in lines and bytes, and
//! harmless to a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use camino::Utf8Path;

/// How many bytes at the end of a file are looked at.
const WINDOW: u64 = 256 << 10;

/// How many bytes of one line are shown.
const MAX_LINE: usize = 480;

/// How many lines of a panic are shown: where it happened, and what it says.
const PANIC_LINES: usize = 3;

/// The last lines of a log, the blank ones left out; nothing if it cannot be read.
///
/// All of them together have `bytes` bytes at most. The frames of backtraces are
/// left out, and the last panic stands there even if more lines came after it.
pub(crate) fn last_lines(path: &Utf8Path, count: usize, bytes: usize) -> Vec<String> {
    let Ok(end) = read_end(path) else { return Vec::new() };
    let text = String::from_utf8_lossy(&end);
    let lines = without_frames(text.lines().filter(|line| !line.trim().is_empty()));
    let mut first = lines.len().saturating_sub(count);
    let panic = lines[..first].iter().rposition(|line| line.contains("panicked at "));
    let mut shown = Vec::new();
    if let Some(panic) = panic {
        first += (PANIC_LINES + 1).min(count);
        let end = first.min(lines.len()).min(panic + PANIC_LINES);
        shown.extend(lines[panic..end].iter().map(|line| printable(line, MAX_LINE)));
        shown.push("[…]".to_owned());
    }
    let mut room = bytes.saturating_sub(shown.iter().map(|line| line.len() + 1).sum());
    let mut last = Vec::new();
    for line in lines[first.min(lines.len())..].iter().rev() {
        let line = printable(line, MAX_LINE);
        match room.checked_sub(line.len() + 1) {
            Some(left) => room = left,
            None => break,
        }
        last.push(line);
    }
    shown.extend(last.into_iter().rev());
    shown
}

fn read_end(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW)))?;
    let mut end = Vec::new();
    // It may grow meanwhile.
    file.take(WINDOW).read_to_end(&mut end)?;
    Ok(end)
}

/// Leaves out the frames below `stack backtrace:`, and says how many lines they were.
fn without_frames<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Cow<'a, str>> {
    let mut kept: Vec<Cow<'a, str>> = Vec::new();
    let mut frames: Option<usize> = None;
    let mut lines = lines.peekable();
    while let Some(line) = lines.next() {
        match &mut frames {
            Some(frames) if is_frame(line) => *frames += 1,
            _ => {
                frames = (line.trim_end() == "stack backtrace:").then_some(0);
                kept.push(line.into());
            }
        }
        if let Some(left_out @ 1..) = frames
            && lines.peek().is_none_or(|next| !is_frame(next))
        {
            kept.pop();
            kept.push(format!("stack backtrace: [{left_out} lines left out]").into());
            frames = None;
        }
    }
    kept
}

/// `   7: main` and `             at src/main.rs:3:5`, as the standard library writes
/// them.
fn is_frame(line: &str) -> bool {
    let trimmed = line.trim_start();
    let number = trimmed.split(':').next().unwrap_or_default();
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    trimmed.len() < line.len() && (numbered || trimmed.starts_with("at "))
}

/// One line of text that somebody else wrote, with at most `limit` bytes: control
/// characters are escaped, and what is too long is left out in the middle.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\t' => escaped.push_str("    "),
            '\0' => escaped.push_str("\\0"),
            '\r' => escaped.push_str("\\r"),
            '\n' => escaped.push_str("\\n"),
            c if c.is_ascii_control() => _ = write!(escaped, "\\x{:02x}", u32::from(c)),
            c if c.is_control() || turns_text(c) => _ = write!(escaped, "{}", c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    shortened(escaped, limit)
}

/// Whether a character changes the direction of the text around it, or breaks lines.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn shortened(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    // What stands for the rest takes 40 bytes at most.
    let shown = limit.saturating_sub(40);
    let head = text.floor_char_boundary(shown / 2);
    let tail = text.ceil_char_boundary(text.len() - shown / 2);
    format!("{} [… {} bytes …] {}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
