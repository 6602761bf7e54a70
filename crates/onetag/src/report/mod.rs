//! What people and programs are told of a run.

mod document;
mod live;
mod streams;
mod summary;
mod timeline;
mod ui;

pub use document::Leftover;
pub(crate) use document::{
    Document, ExternalReport, KilledService, PhaseTime, RunReport, ServiceReport, Tests,
};
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
