//! The phases of a run, as they go by.

use std::time::{Duration, Instant};

use super::live::Activity;
use super::{PhaseTime, Ui};

/// The phases so far, and how long each took.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<'a> {
    ui: &'a Ui,
    started: Instant,
    phases: Vec<PhaseTime>,
}

impl<'a> Timeline<'a> {
    pub(crate) fn start(ui: &'a Ui) -> Timeline<'a> {
        Timeline { ui, started: Instant::now(), phases: Vec::new() }
    }

    /// Goes on with the run of one suite, which has talk of its own.
    pub(crate) fn of_suite<'b>(&self, ui: &'b Ui) -> Timeline<'b> {
        Timeline { ui, started: self.started, phases: self.phases.clone() }
    }

    /// Goes through one phase and prints how long it took, and its result in a
    /// few words.
    pub(crate) fn phase<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> anyhow::Result<T>,
        result: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        self.active_phase(name, |_| work(), result)
    }

    fn active_phase<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Activity) -> anyhow::Result<T>,
        result: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        let (started, activity) = (Instant::now(), self.ui.activity(name));
        let done = work(&activity);
        drop(activity);
        let result = done.as_ref().map_or_else(|_| "failed".to_owned(), result);
        self.record(name, started.elapsed(), result);
        done.map_err(|error| error.context(PhaseFailed(name)))
    }

    /// A phase in which another program writes to the terminal: nothing is drawn
    /// meanwhile, unless its output is kept back.
    pub(crate) fn loud_phase<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Activity) -> anyhow::Result<T>,
        result: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        let ui = self.ui;
        self.active_phase(name, |activity| ui.yield_terminal(|| work(activity)), result)
    }

    /// Takes over a phase that went by elsewhere.
    pub(crate) fn record(&mut self, name: &'static str, took: Duration, result: String) {
        let line = format!("  {name:<9} {:>7.2} s  {result}", took.as_secs_f64());
        self.ui.line(line.trim_end());
        self.phases.push(PhaseTime { phase: name, seconds: took.as_secs_f64() });
    }

    pub(crate) fn phases(&self) -> &[PhaseTime] {
        &self.phases
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Names the phase in which an error came up.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("phase {0} failed")]
pub(crate) struct PhaseFailed(pub(crate) &'static str);
