//! How a command ends: the classes of failure, their exit codes, and the one
//! way in which an error becomes text.

use std::fmt;

use crate::workspace::Problem;

/// How a command, or one run of it, ended.
///
/// The codes are part of the command line's contract and are listed in the
/// README; those of nextest are taken over as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Success,
    /// The command line or the metadata asks for something that is not there.
    Usage,
    /// The suite selects no test.
    NoTests,
    /// Nextest ended with this code, most often because tests are red.
    Nextest(i32),
    /// Cargo could not build what the run needs.
    Build,
    /// The hook, nextest's setup script, failed.
    Hook,
    /// Any other phase failed, or something of the run is left.
    Failure,
    /// This signal ended the command.
    Signal(i32),
}

/// Exit codes of nextest, which are part of its stable interface.
mod nextest {
    pub(super) const NO_TESTS_RUN: i32 = 4;
    pub(super) const TEST_RUN_FAILED: i32 = 100;
    pub(super) const BUILD_FAILED: i32 = 101;
    pub(super) const SETUP_SCRIPT_FAILED: i32 = 105;
}

impl Exit {
    /// Code of nextest, and of this harness, for red tests.
    pub const TESTS_RED: Exit = Exit::Nextest(nextest::TEST_RUN_FAILED);

    /// The class that nextest's exit code stands for.
    pub fn from_nextest(code: i32) -> Exit {
        match code {
            0 => Exit::Success,
            nextest::NO_TESTS_RUN => Exit::NoTests,
            nextest::SETUP_SCRIPT_FAILED => Exit::Hook,
            other => Exit::Nextest(other),
        }
    }

    /// The exit code of the process.
    pub fn code(self) -> i32 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Usage => 2,
            Exit::NoTests => nextest::NO_TESTS_RUN,
            Exit::Build => nextest::BUILD_FAILED,
            Exit::Hook => nextest::SETUP_SCRIPT_FAILED,
            Exit::Nextest(code) => code,
            Exit::Signal(signal) => 128 + signal,
        }
    }

    /// The one code of a command with several runs.
    ///
    /// Signals come first, then a failed phase, a failed build, a failed hook,
    /// red tests, and a suite without tests.
    pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
        let rank = |exit: &Exit| match exit {
            Exit::Success => 0,
            Exit::NoTests => 1,
            Exit::Nextest(_) => 2,
            Exit::Hook => 3,
            Exit::Build => 4,
            Exit::Usage => 5,
            Exit::Failure => 6,
            Exit::Signal(_) => 7,
        };
        exits.into_iter().max_by_key(rank).unwrap_or(Exit::Success)
    }
}

/// An error together with the way in which it ends the command.
#[derive(Debug)]
struct Classified {
    exit: Exit,
    error: anyhow::Error,
}

impl fmt::Display for Classified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl std::error::Error for Classified {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Gives an error its class.
pub(crate) trait Classify<T> {
    /// The error, if there is one, ends the command as `exit`.
    fn exit(self, exit: Exit) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Classify<T> for Result<T, E> {
    fn exit(self, exit: Exit) -> anyhow::Result<T> {
        self.map_err(|error| anyhow::Error::new(Classified { exit, error: error.into() }))
    }
}

/// The class of an error: what was given to it, else what the topology says,
/// else a plain failure.
pub(crate) fn classify(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(classified) = cause.downcast_ref::<Classified>() {
            return classified.exit;
        }
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            return match problem {
                Problem::Usage(_) => Exit::Usage,
                Problem::NoTests(_) => Exit::NoTests,
                Problem::Metadata(_) => Exit::Failure,
            };
        }
        if let Some(interrupted) = cause.downcast_ref::<crate::signals::Interrupted>() {
            return Exit::Signal(interrupted.signal);
        }
    }
    Exit::Failure
}

/// An error as text: what failed, the causes below it, and the hints last.
///
/// A cause that the line above it already tells is left out.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut hints: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let mut said = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("hint: ") {
                Some(_) if hints.iter().any(|hint| hint == line) => {}
                Some(_) => hints.push(line.to_owned()),
                None => said.push(line),
            }
        }
        let said = said.join("\n");
        if !said.is_empty() && !causes.last().is_some_and(|above| above.ends_with(&said)) {
            causes.push(said);
        }
    }
    let mut lines = Vec::new();
    for (depth, cause) in causes.iter().enumerate() {
        let lead = if depth == 0 { "" } else { "  because: " };
        lines.push(format!("{lead}{cause}"));
    }
    lines.extend(hints);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};
    use nextest_metadata::NextestExitCode as Code;

    use super::*;

    #[test]
    fn exit_codes_are_those_of_nextest() {
        assert_eq!(Exit::from_nextest(Code::OK), Exit::Success);
        assert_eq!(Exit::from_nextest(Code::NO_TESTS_RUN), Exit::NoTests);
        assert_eq!(Exit::from_nextest(Code::SETUP_SCRIPT_FAILED), Exit::Hook);
        assert_eq!(Exit::from_nextest(Code::TEST_RUN_FAILED), Exit::TESTS_RED);
        assert_eq!(Exit::NoTests.code(), Code::NO_TESTS_RUN);
        assert_eq!(Exit::Hook.code(), Code::SETUP_SCRIPT_FAILED);
        assert_eq!(Exit::Build.code(), Code::BUILD_FAILED);
        assert_eq!(Exit::TESTS_RED.code(), Code::TEST_RUN_FAILED);
    }

    #[test]
    fn the_worst_of_several_runs_decides() {
        let worst = |exits: &[Exit]| Exit::worst(exits.iter().copied()).code();
        assert_eq!(worst(&[]), 0);
        assert_eq!(worst(&[Exit::Success, Exit::NoTests]), 4);
        assert_eq!(worst(&[Exit::TESTS_RED, Exit::NoTests]), 100);
        assert_eq!(worst(&[Exit::TESTS_RED, Exit::Hook]), 105);
        assert_eq!(worst(&[Exit::Hook, Exit::Build]), 101);
        assert_eq!(worst(&[Exit::Failure, Exit::Build]), 1);
        assert_eq!(worst(&[Exit::Signal(2), Exit::Failure]), 130);
    }

    #[test]
    fn a_class_survives_the_context_around_it() {
        let failed: anyhow::Result<()> = Err(anyhow!("cargo said no")).exit(Exit::Build);
        let error = failed.context("building").unwrap_err();
        assert_eq!(classify(&error), Exit::Build);
        assert_eq!(classify(&anyhow!("anything")), Exit::Failure);
    }

    #[test]
    fn hints_come_last_and_repetitions_are_left_out() {
        let error = anyhow!("no such file\nhint: make it")
            .context("reading a.toml")
            .context("loading the workspace: reading a.toml");
        assert_eq!(
            describe(&error),
            "loading the workspace: reading a.toml\n  because: no such file\nhint: make it"
        );
    }
}
