//! The `console` channel: text for people on standard output.
//!
//! Nobody but this channel writes to standard output; logs go to standard
//! error. A message is one write, so that two never mix. What it says cannot
//! pass for another message or for a command to the terminal: only the first
//! line begins at the margin, every other one begins with a mark, and control
//! characters are escaped.

use std::fmt::Write as _;
use std::io::Write as _;

use time::format_description::well_known::Rfc3339;

use super::{Message, Receipt, SendError, blocking};
use crate::model::ActionLink;

/// Begins a line of the body, of the metadata and labels, and of the links.
const MARKS: [&str; 3] = ["  | ", "  = ", "  > "];

pub(super) async fn send(message: &Message<'_>) -> Result<Receipt, SendError> {
    let text = render(message);
    blocking("standard output", move || {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    })
    .await?;
    Ok(Receipt::default())
}

/// The lines of one message.
fn render(message: &Message<'_>) -> String {
    let [body, entry, link] = MARKS;
    // Times of this service are ours, hence in a year that RFC 3339 can write.
    let time = message.created_at.format(&Rfc3339).unwrap_or_default();
    let mut text = format!(
        "{time} {} {} {} ({}): {}\n",
        message.priority.word().to_uppercase(),
        message.kind.word(),
        message.name,
        escape(message.correlation_id),
        escape(message.subject),
    );
    // Writing to a string cannot fail.
    for line in message.body.lines() {
        let _ = writeln!(text, "{body}{}", escape(line));
    }
    for (key, value) in message.labels.iter().chain(message.metadata) {
        let _ = writeln!(text, "{entry}{}: {}", escape(key), escape(value));
    }
    for ActionLink { label, url } in message.action_links {
        let _ = writeln!(text, "{link}{}: {}", escape(label), escape(url));
    }
    text
}

/// Escapes what could end a line, command a terminal or reorder the text.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Control characters (C0, DEL, C1), the separators of lines and paragraphs,
/// and what changes the direction of text (Unicode Standard Annex 9).
fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
