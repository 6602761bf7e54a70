//! What people and programs are told of a run.

mod block;
mod document;
mod live;
mod streams;
mod summary;
mod table;
mod timeline;
mod ui;

pub use document::Leftover;
pub(crate) use document::{
    Document, ExternalReport, KilledService, NotRun, PhaseTime, RunReport, ServiceReport, Tests,
    WAIT,
};
pub(crate) use live::Activity;
use live::Progress;
pub(crate) use streams::write_stdout;
pub(crate) use summary::summary;
pub(crate) use table::table;
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

/// A number of bytes, for people.
pub(crate) fn human_size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in units {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_the_largest_unit() {
        let shown = [0, 1023, 1024, 1536, 5 << 30, u64::MAX].map(human_size);
        let expected = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 GiB", "16777216.0 TiB"];
        assert_eq!(shown, expected);
    }
}
