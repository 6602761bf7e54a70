//! Talk for people, on stderr: live where that is a terminal, plain lines
//! elsewhere. Stdout is for data.
//!
//! A closed or full stream changes no exit code, so errors of these writes are
//! ignored.

use std::fmt::Display;
use std::io::IsTerminal as _;
use std::sync::Arc;

use super::block::{Block, KeptOutput, labelled};
use super::live::{Activity, Live};
use super::streams::write_stderr;
use crate::system::tool::{Output, Sink};

/// Where talk goes, and how much of it there is.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    /// Only errors and verdicts are printed.
    quiet: bool,
    /// The lines that change while something is under way. A terminal only.
    live: Option<Arc<Live>>,
    /// One of several suites that run at the same time; none if it is the only one.
    suite: Option<Arc<SuiteOutput>>,
}

/// What tells the talk of a suite from that of others.
#[derive(Debug)]
struct SuiteOutput {
    /// What stands before each of its lines.
    label: String,
    block: Arc<Block>,
}

impl Ui {
    /// Talk for this process's stderr, live unless that is no terminal, or one
    /// that cannot move its cursor, or `NO_COLOR` asks for plain text
    /// (no-color.org).
    pub(crate) fn stderr() -> Ui {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        let is_live = std::io::stderr().is_terminal() && !plain;
        Ui { quiet: false, live: is_live.then(|| Arc::new(Live::stderr())), suite: None }
    }

    /// Errors and verdicts alone, on this process's stderr.
    pub(crate) fn quiet() -> Ui {
        Ui { quiet: true, live: None, suite: None }
    }

    /// Talk of one of several suites that run at the same time: its lines begin with its
    /// name, filled up to `width`; its errors, its verdict and what nextest prints are kept
    /// back until [`Ui::print_block`].
    pub(crate) fn of_suite(&self, suite: &str, width: usize) -> Ui {
        let label = format!("{suite:<width$} | ");
        let block = Arc::new(Block::new(suite));
        Ui { suite: Some(Arc::new(SuiteOutput { label, block })), ..self.clone() }
    }

    /// Prints what was kept back of a suite.
    pub(crate) fn print_block(&self) {
        let Some(suite) = &self.suite else { return };
        self.alone(|| suite.block.print());
    }

    /// Prints one line of talk, or several.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        match &self.suite {
            _ if self.quiet => {}
            None => self.print(text.as_ref()),
            Some(suite) => self.print(&labelled(text.as_ref(), &suite.label)),
        }
    }

    /// Prints what came of a run, even if only little is to be printed.
    pub(crate) fn verdict(&self, text: impl AsRef<str>) {
        match &self.suite {
            None => self.print(text.as_ref()),
            Some(suite) => suite.block.write(format!("{}\n", text.as_ref()).as_bytes()),
        }
    }

    /// Prints an error, even if only little is to be printed.
    pub(crate) fn error(&self, text: impl Display) {
        self.verdict(format!("error: {text}"));
    }

    /// Shows that something is under way until the result is dropped. Several
    /// things may be under way at once, each has a line of its own.
    pub(crate) fn activity(&self, name: &str) -> Activity {
        let label = self.suite.as_ref().map_or("", |suite| &suite.label);
        Activity::start(self.live.clone(), format!("{label}{name}"))
    }

    /// Leaves the terminal to another program while `work` runs: nothing is
    /// drawn, and lines are held back until it is over. A program whose output is kept
    /// back needs no terminal.
    pub(crate) fn yield_terminal<T>(&self, work: impl FnOnce() -> T) -> T {
        let live = self.live.as_ref().filter(|_| self.suite.is_none());
        let _yielded = live.map(|live| live.yield_terminal());
        work()
    }

    /// Where the output of cargo and nextest goes.
    pub(crate) fn tool_output(&self) -> Output {
        if self.quiet { Output::OnFailure } else { Output::Inherit }
    }

    /// What gets that output instead of stderr, if anything does. Its last line is shown as
    /// what `activity` is at.
    pub(crate) fn sink(&self, activity: &Activity) -> Option<Arc<dyn Sink>> {
        let block = Arc::clone(&self.suite.as_ref()?.block);
        Some(Arc::new(KeptOutput { block, progress: activity.progress() }))
    }

    /// Whether output that is kept back is printed on a terminal in the end.
    pub(crate) fn keeps_back_for_terminal(&self) -> bool {
        self.suite.is_some() && self.live.is_some()
    }

    fn print(&self, text: &str) {
        match &self.live {
            Some(live) => live.print(text),
            None => write_stderr(format!("{text}\n").as_bytes()),
        }
    }

    /// Writes to stderr with no changing line in between.
    fn alone(&self, write: impl FnOnce()) {
        match &self.live {
            Some(live) => live.suspend(write),
            None => write(),
        }
    }
}
