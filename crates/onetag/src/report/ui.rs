//! Talk on the terminal: live where there is one, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::PhaseTime;
use super::spinner::Spinner;

/// Where talk goes: always stderr, so that stdout is for data alone.
#[derive(Debug)]
pub(crate) struct Ui {
    /// Lines that change while something is under way. A terminal only.
    live: bool,
    /// The line of the phase that is under way.
    current: Mutex<Option<Spinner>>,
}

impl Ui {
    /// Talk for this process's stderr, live unless it is no terminal, or one
    /// that only prints, or `NO_COLOR` asks for plain text (no-color.org).
    pub(crate) fn stderr() -> Ui {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        Ui { live: std::io::stderr().is_terminal() && !plain, current: Mutex::new(None) }
    }

    /// Says one line, or several.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.as_ref() {
            Some(spinner) => spinner.say(text.as_ref()),
            // A terminal that is gone is no reason to fail.
            None => _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref()),
        }
    }

    fn begin(&self, phase: &str) {
        if self.live {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            *current = Spinner::start(phase);
        }
    }

    fn end(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spinner) = current.take() {
            spinner.finish();
        }
    }
}

/// The phases of a run, as they go by.
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

    /// Goes through one phase and tells how long it took, and what came of it
    /// in a few words.
    pub(crate) fn phase<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> anyhow::Result<T>,
        told: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        let ui = self.ui;
        let live = || {
            ui.begin(name);
            let result = work();
            ui.end();
            result
        };
        self.loud_phase(name, live, told)
    }

    /// A phase whose output belongs to another program: there is nothing live
    /// beside it.
    pub(crate) fn loud_phase<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> anyhow::Result<T>,
        told: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        let result = work();
        let told = result.as_ref().map_or_else(|_| "failed".to_owned(), told);
        self.record(name, started.elapsed(), told);
        result.map_err(|error| error.context(PhaseFailed(name)))
    }

    /// Takes over a phase that went by elsewhere.
    pub(crate) fn record(&mut self, name: &'static str, took: Duration, told: String) {
        let line = format!("  {name:<9} {:>7.2} s  {told}", took.as_secs_f64());
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
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseFailed(pub(crate) &'static str);

impl std::fmt::Display for PhaseFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "phase {} failed", self.0)
    }
}

impl std::error::Error for PhaseFailed {}
