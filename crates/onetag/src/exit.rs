//! How a command ends: exit codes.

use nextest_metadata::NextestExitCode;

/// How a command, or one run of it, ended; what counts more stands later.
///
/// The codes are part of the command line's contract and are listed in the
/// README; those of nextest are taken over as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All went well.
    Success,
    /// The suite selects no test.
    NoTests,
    /// Nextest ended with this code, most often because tests failed.
    Nextest(i32),
    /// The hook, nextest's setup script, failed.
    Hook,
    /// Cargo could not build what the run needs.
    Build,
    /// The command line or the metadata asks for something that is not there.
    Usage,
    /// Any other phase failed, or something of the run is left.
    Failure,
    /// This signal ended the command.
    Signal(i32),
}

impl Exit {
    /// Code of nextest, and of this harness, for failed tests.
    pub const TESTS_FAILED: Exit = Exit::Nextest(NextestExitCode::TEST_RUN_FAILED);

    /// The class that nextest's exit code stands for.
    pub fn from_nextest(code: i32) -> Exit {
        match code {
            0 => Exit::Success,
            NextestExitCode::NO_TESTS_RUN => Exit::NoTests,
            NextestExitCode::SETUP_SCRIPT_FAILED => Exit::Hook,
            other => Exit::Nextest(other),
        }
    }

    /// The exit code of the process.
    pub fn code(self) -> i32 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::NoTests => NextestExitCode::NO_TESTS_RUN,
            Exit::Build => NextestExitCode::BUILD_FAILED,
            Exit::Hook => NextestExitCode::SETUP_SCRIPT_FAILED,
            Exit::Nextest(code) => code,
            Exit::Signal(signal) => 128 + signal,
        }
    }

    /// The one code of a command with several runs.
    ///
    /// Signals come first, then a failed phase, a failed build, a failed hook,
    /// failed tests, and a suite without tests.
    pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits.into_iter().max().unwrap_or(Exit::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_runs_decides() {
        let worst = |exits: &[Exit]| Exit::worst(exits.iter().copied()).code();
        assert_eq!(worst(&[]), 0);
        assert_eq!(worst(&[Exit::Success, Exit::NoTests]), 4);
        assert_eq!(worst(&[Exit::TESTS_FAILED, Exit::NoTests]), 100);
        assert_eq!(worst(&[Exit::TESTS_FAILED, Exit::Hook]), 105);
        assert_eq!(worst(&[Exit::Hook, Exit::Build]), 101);
        assert_eq!(worst(&[Exit::Failure, Exit::Build]), 1);
        assert_eq!(worst(&[Exit::Signal(2), Exit::Failure]), 130);
    }
}
