//! The `console` channel: text for people on standard output.
//!
//! Only this channel writes to standard output; logs go to standard error. A
//! message is one write, so that two messages never mix. Its text cannot
//! imitate another message or a terminal command: every line but the first
//! begins with a mark, and control characters are escaped.
//!
//! A write that outlives its attempt goes on, since a part of it may be out.
//! The next attempt waits for it and takes over its outcome.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use time::format_description::well_known::Rfc3339;

use super::{Message, Receipt, SendError, blocking};
use crate::model::ActionLink;
use contract::Words as _;

/// The marks of lines of the body, of metadata and labels, and of links.
const MARKS: [&str; 3] = ["  | ", "  = ", "  > "];

/// Standard output.
#[derive(Debug, Default)]
pub(super) struct Console {
    /// Held by the write that is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The deliveries that are out and whose attempts do not know it yet.
    written: Arc<Mutex<HashSet<String>>>,
}

impl Console {
    pub(super) async fn send(&self, message: &Message<'_>) -> Result<Receipt, SendError> {
        let (key, text) = (message.key(), render(message));
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if !self.forget(&key) {
            let written = Arc::clone(&self.written);
            let written_key = key.clone();
            blocking("standard output", move || {
                let _turn = turn;
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()?;
                written.lock().unwrap_or_else(PoisonError::into_inner).insert(written_key);
                Ok(())
            })
            .await?;
            self.forget(&key);
        }
        Ok(Receipt::default())
    }

    /// Removes a delivery from `written`; whether it was there.
    fn forget(&self, key: &str) -> bool {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
    }
}

/// The lines of one message.
fn render(message: &Message<'_>) -> String {
    let [body, entry, link] = MARKS;
    // This service makes its times itself, so RFC 3339 can write them.
    let time = message.created_at.format(&Rfc3339).unwrap_or_default();
    let mut text = format!(
        "{time} {} {} {} ({}): {}\n",
        message.priority.as_str().to_uppercase(),
        message.kind.as_str(),
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

/// Escapes characters that could end a line, control a terminal or reorder the
/// text.
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

/// Control characters (C0, DEL, C1), line and paragraph separators, and
/// characters that change the direction of text (Unicode Standard Annex 9).
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
