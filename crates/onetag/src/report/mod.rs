//! What people and programs are told of a run.

mod document;
mod live;
mod streams;
mod summary;
mod timeline;
mod ui;

use camino::Utf8Path;

pub use document::Leftover;
pub(crate) use document::{Document, PhaseTime, RunReport, ServiceReport, Tests};
pub(crate) use streams::write_stdout;
pub(crate) use summary::summary;
pub(crate) use timeline::{PhaseFailed, Timeline};
pub(crate) use ui::Ui;

/// So many of something, in words: `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A command waits for this one, which has the turn on a run.
pub(crate) fn waiting_for(by: &str) -> String {
    format!("waiting for {by}, to finish with this run")
}

/// The last lines of a log; nothing if it cannot be read.
pub(crate) fn last_lines(path: &Utf8Path, count: usize) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect()
}
