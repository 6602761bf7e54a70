//! The one place that runs other programs: cargo, nextest, engines, kubectl.
//!
//! Every command has a deadline, a group of its own, and, where it works for
//! runs, an entry in their ledgers before it starts. Signals reach the harness
//! alone, which passes them on once: a Ctrl-C on a terminal is not delivered
//! twice.

mod command;
mod environment;
mod finished;
mod group;
mod line;
mod output;
mod running;
#[cfg(test)]
mod tests;

pub(crate) use command::Tool;
pub(crate) use environment::scrub;
pub(crate) use finished::Finished;
pub(crate) use line::command_line;
pub(crate) use output::{Output, Sink};

use crate::system::ProcessId;

/// Where processes are written down before they run: the ledger of a run.
pub(crate) trait ProcessRecord {
    /// The id of the run.
    fn run(&self) -> &str;
    /// A tool called `name` is about to run.
    fn started(&self, name: &str, id: &ProcessId) -> anyhow::Result<()>;
    /// It has ended, with all that it started.
    fn ended(&self, name: &str, id: &ProcessId) -> anyhow::Result<()>;
}
