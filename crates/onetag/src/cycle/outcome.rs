//! What came of a run before its teardown.

use crate::error::{Kind, describe};
use crate::exit::Exit;
use crate::report::{PhaseFailed, Tests};

/// What came of a run before its teardown.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) exit: Exit,
    pub(super) tests: Option<Tests>,
    /// What failed first, in words; failed tests speak for themselves.
    pub(super) error: Option<String>,
    pub(super) failed_phase: Option<&'static str>,
}

impl Default for Outcome {
    fn default() -> Outcome {
        Outcome { exit: Exit::Success, tests: None, error: None, failed_phase: None }
    }
}

impl Outcome {
    /// The run failed in some phase.
    pub(super) fn failed(error: &anyhow::Error) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.fail(error);
        outcome
    }

    /// Nextest ended.
    pub(super) fn tested(&mut self, exit: Exit, tests: Option<Tests>) {
        (self.exit, self.tests) = (exit, tests);
        self.failed_phase = (exit != Exit::Success).then_some("test");
    }

    /// This is why anything failed that did, and the run has failed in any case.
    pub(super) fn fail_because(&mut self, cause: &anyhow::Error) {
        if !matches!(self.exit, Exit::Signal(_)) {
            self.exit = Exit::Failure;
        }
        let before = self.error.take().map(|error| format!("\n{error}"));
        self.error = Some(describe(cause) + &before.unwrap_or_default());
    }

    /// Something failed. What failed first decides.
    pub(super) fn fail(&mut self, error: &anyhow::Error) {
        if self.exit == Exit::Success {
            self.exit = Kind::of(error).exit();
            self.failed_phase = error.downcast_ref::<PhaseFailed>().map(|failed| failed.0);
        }
        self.error.get_or_insert(describe(error));
    }
}
