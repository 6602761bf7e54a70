//! Talk for people, on stderr: live where that is a terminal, plain lines
//! elsewhere. Stdout is for data.
//!
//! A closed or full stream changes no exit code, so errors of these writes are
//! ignored.

use std::fmt::Display;
use std::io::IsTerminal as _;

use super::live::{Activity, Live};
use super::streams::write_stderr;
use crate::system::tool::Output;

/// Where talk goes, and how much of it there is.
#[derive(Debug)]
pub(crate) struct Ui {
    /// Only errors and verdicts are printed.
    quiet: bool,
    /// The lines that change while something is under way. A terminal only.
    live: Option<Live>,
}

impl Ui {
    /// Talk for this process's stderr, live unless that is no terminal, or one
    /// that cannot move its cursor, or `NO_COLOR` asks for plain text
    /// (no-color.org).
    pub(crate) fn stderr() -> Ui {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        let is_live = std::io::stderr().is_terminal() && !plain;
        Ui { quiet: false, live: is_live.then(Live::stderr) }
    }

    /// Errors and verdicts alone, on this process's stderr.
    pub(crate) fn quiet() -> Ui {
        Ui { quiet: true, live: None }
    }

    /// Prints one line of talk, or several.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.print(text.as_ref());
        }
    }

    /// Prints what came of a run, even if only little is to be printed.
    pub(crate) fn verdict(&self, text: impl AsRef<str>) {
        self.print(text.as_ref());
    }

    /// Prints an error, even if only little is to be printed.
    pub(crate) fn error(&self, text: impl Display) {
        self.print(&format!("error: {text}"));
    }

    /// Shows that something is under way until the result is dropped. Several
    /// things may be under way at once, each has a line of its own.
    pub(crate) fn activity(&self, name: &str) -> Activity<'_> {
        Activity::start(self.live.as_ref(), name)
    }

    /// Leaves the terminal to another program while `work` runs: nothing is
    /// drawn, and lines are held back until it is over.
    pub(crate) fn yield_terminal<T>(&self, work: impl FnOnce() -> T) -> T {
        let _yielded = self.live.as_ref().map(Live::yield_terminal);
        work()
    }

    /// Where the output of cargo and nextest goes.
    pub(crate) fn tool_output(&self) -> Output {
        if self.quiet { Output::OnFailure } else { Output::Inherit }
    }

    fn print(&self, text: &str) {
        match &self.live {
            Some(live) => live.print(text),
            None => write_stderr(format!("{text}\n").as_bytes()),
        }
    }
}
