//! Whose turn it is on a run: one nextest at a time, and none beside `up` and `down`.
//!
//! A turn belongs to processes and ends with them. Nextest takes it by its hook, be it
//! called by the harness or by hand.

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Client;
use crate::error::Attach as _;
use crate::run::RunFolder;
use crate::system::ProcessId;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// How long one command may wait for others: a suite may take minutes.
pub(crate) const TURN_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Somebody who wants a turn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Turn {
    /// The turn ends with this process.
    process: ProcessId,
    /// What that is, in a word: `up`, `nextest`.
    what: String,
    /// Its parent: if that has the turn, they share it.
    parent: Option<ProcessId>,
}

impl Turn {
    /// Of this process, which does `what`.
    pub(crate) fn own(what: &str) -> anyhow::Result<Turn> {
        let process = ProcessId::of(std::process::id()).context("cannot name this process")?;
        Ok(Turn { process, what: what.to_owned(), parent: None })
    }

    /// Of the nextest with this number, which may be a child of a harness.
    pub(crate) fn of_nextest(pid: u32) -> anyhow::Result<Turn> {
        let process = ProcessId::of(pid).context("cannot name the process of nextest")?;
        let parent = crate::system::parent(pid).and_then(|parent| ProcessId::of(parent).ok());
        Ok(Turn { process, what: "nextest".to_owned(), parent })
    }

    /// Waits until it is its turn on the run in `folder`; says for whom as soon as it
    /// has to.
    pub(crate) fn wait(
        &self,
        folder: &RunFolder,
        interrupt: &Interrupt,
        mut waiting: impl FnMut(&str),
    ) -> anyhow::Result<()> {
        let mut keeper = Client::connect(folder)?;
        let mut said = String::new();
        let what = "waiting for other commands on this run";
        let waited = wait::until(what, TURN_TIMEOUT, interrupt, || {
            let Some(by) = keeper.take_turn(self)? else { return Ok(Poll::Ready(())) };
            if by != said {
                waiting(&by);
                said.clone_from(&by);
            }
            Ok(Poll::Pending(by))
        });
        waited.map_err(|error| match error.is::<wait::TimedOut>() {
            true => error.hint("end that command first"),
            false => error,
        })
    }
}

/// Who has the turn: one process, and those that share it.
#[derive(Debug, Default)]
pub(super) struct Turns(Vec<Turn>);

impl Turns {
    /// Gives the turn, or says who has it.
    pub(super) fn take(&mut self, turn: &Turn) -> Option<String> {
        let by = self.holder();
        let shared = |holder: &Turn| {
            holder.process == turn.process || Some(&holder.process) == turn.parent.as_ref()
        };
        if by.is_some() && !self.0.iter().any(shared) {
            return by;
        }
        if !self.0.iter().any(|holder| holder.process == turn.process) {
            self.0.push(turn.clone());
        }
        None
    }

    /// Who has the turn, in words.
    pub(super) fn holder(&mut self) -> Option<String> {
        self.0.retain(|holder| holder.process.is_alive());
        let first = self.0.first()?;
        Some(format!("`{}`, pid {}", first.what, first.process.pid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that ends with this value.
    struct TestProcess(std::process::Child);

    impl TestProcess {
        fn new() -> TestProcess {
            TestProcess(std::process::Command::new("sleep").arg("600").spawn().unwrap())
        }

        fn turn(&self, what: &str, parent: Option<&TestProcess>) -> Turn {
            let id = |process: &TestProcess| ProcessId::of(process.0.id()).unwrap();
            Turn { process: id(self), what: what.to_owned(), parent: parent.map(id) }
        }
    }

    impl Drop for TestProcess {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    #[test]
    fn a_turn_is_shared_with_a_child_and_ends_with_both() {
        let [harness, nextest, other] = [(); 3].map(|()| TestProcess::new());
        let mut turns = Turns::default();
        assert_eq!(turns.take(&harness.turn("test", None)), None);
        assert_eq!(turns.take(&harness.turn("test", None)), None);
        assert_eq!(turns.take(&nextest.turn("nextest", Some(&harness))), None);
        let by =
            |what: &str, process: &TestProcess| Some(format!("`{what}`, pid {}", process.0.id()));
        let wanted = other.turn("up", None);
        assert_eq!(turns.take(&wanted), by("test", &harness));
        drop(harness);
        assert_eq!(turns.take(&wanted), by("nextest", &nextest));
        drop(nextest);
        assert_eq!(turns.take(&wanted), None);
        assert_eq!(turns.holder(), by("up", &other));
    }
}
