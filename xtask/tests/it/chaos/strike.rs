//! One signal: to whom, and when.

use std::time::Duration;

use rustix::process::Signal;

use super::hang::HANGS;
use crate::project::{Process, Project, Running};
use crate::wait::within;

/// How long a command may take to come to a step, or to end.
const LONG: Duration = Duration::from_secs(30);

/// Who gets a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Harness,
    Keeper,
    Cargo,
    Nextest,
    Hook,
}

/// When a signal is sent: a while after something was to be seen.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// A text of the talk or of a ledger; the start of the command if it is empty,
    /// and [`HANGS`].
    pub(super) seen: &'static str,
    pub(super) then: Duration,
}

/// A signal that is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Strike {
    pub(super) moment: Moment,
    pub(super) victim: Victim,
    pub(super) signal: Signal,
}

/// What shows that a step has begun, in the talk and in the ledger.
pub(super) const STEPS: [&str; 14] = [
    "  mint ",
    "\"port\"",
    "\"tool\"",
    "  build ",
    "  prepare ",
    "  select ",
    "  load ",
    "\"process\",\"name\"",
    "  deploy ",
    "  witness ",
    "SETUP ",
    "PASS ",
    "\"kept\"",
    "tearing-down",
];

impl Strike {
    /// Waits for the moment and sends the signal; says whether there was anybody
    /// to get it.
    pub(super) fn strike(&self, project: &Project, running: &mut Running) -> bool {
        let Moment { seen, then } = &self.moment;
        let is_seen = |running: &mut Running| {
            seen.is_empty()
                || (*seen == HANGS && project.path(HANGS).exists())
                || running.said().contains(seen)
                || project.runs().iter().any(|run| run.ledger().contains(seen))
        };
        within(LONG, || running.has_ended() || is_seen(running));
        within(*then, || running.has_ended());
        let mut victim = None;
        within(LONG, || {
            victim = self.victim.find(project, running);
            victim.is_some() || running.has_ended()
        });
        if let Some(victim) = &victim {
            victim.signal(self.signal);
        }
        victim.is_some()
    }
}

impl Strike {
    /// The name of the signal.
    pub(super) fn name(&self) -> &'static str {
        match self.signal {
            Signal::INT => "SIGINT",
            Signal::TERM => "SIGTERM",
            Signal::HUP => "SIGHUP",
            _ => "SIGKILL",
        }
    }
}

impl Victim {
    fn find(self, project: &Project, running: &mut Running) -> Option<Process> {
        if self == Victim::Harness {
            return (!running.has_ended()).then(|| Process::of(running.pid()))?;
        }
        project.processes().into_iter().find(|process| match self {
            Victim::Harness => false,
            Victim::Keeper => process.is("keeper"),
            Victim::Cargo => process.shown().contains("cargo build "),
            Victim::Nextest => process.shown().contains("nextest run "),
            Victim::Hook => process.shown().ends_with("hook alpha"),
        })
    }
}
