//! What a command said, and how it ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::redact;

/// A command that ended. Every failed expectation shows all of it.
#[derive(Clone)]
pub(crate) struct Output {
    pub(super) line: String,
    pub(super) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Its code, if it ended by itself.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// It ended by itself, with this code.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Output {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// It was ended by this signal.
    #[track_caller]
    pub(crate) fn is_killed(&self) -> &Output {
        assert_eq!(self.status.signal(), Some(9), "{self}");
        self
    }

    /// Its talk contains this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Output {
        assert!(self.stderr.contains(text), "does not say {text:?}:\n{self}");
        self
    }

    /// Its talk does not contain this.
    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Output {
        assert!(!self.stderr.contains(text), "says {text:?}:\n{self}");
        self
    }

    /// The packages that cargo says it compiles, in alphabetical order; a package
    /// stands once for each cargo that compiles it.
    pub(crate) fn compiled(&self) -> Vec<&str> {
        let lines = self.stderr.lines();
        let packages = lines.filter_map(|line| line.trim_start().strip_prefix("Compiling "));
        let mut names: Vec<&str> = packages.map(|line| line.split(' ').next().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// It ended with 1 before cargo was asked to build.
    #[track_caller]
    pub(crate) fn is_refused_before_the_build(&self) -> &Output {
        self.is_not_built().exits(crate::exit::FAILURE)
    }

    /// Cargo has neither compiled nor looked whether anything is to be compiled.
    #[track_caller]
    pub(crate) fn is_not_built(&self) -> &Output {
        assert_eq!(self.compiled(), [""; 0], "{self}");
        self.does_not_say("    Finished `")
    }

    /// The lines of its error: from `error: ` up to and with the last hint.
    pub(crate) fn error(&self) -> String {
        let lines = self.stderr.lines().skip_while(|line| !line.starts_with("error: "));
        let mut error: Vec<&str> = lines.collect();
        let end = error.iter().rposition(|line| line.starts_with("hint: ")).unwrap_or(0);
        error.truncate(end + 1);
        redact(&error.join("\n"))
    }

    /// All that is said of the failure of a run, before its teardown.
    pub(crate) fn error_of_phase(&self) -> String {
        let lines = self.stderr.lines().skip_while(|line| !line.starts_with("error: "));
        let error: Vec<&str> = lines.take_while(|line| !line.starts_with("  teardown ")).collect();
        redact(&error.join("\n"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cargo {} ended with {}", self.line, self.status)?;
        writeln!(f, "--- stdout\n{}--- stderr\n{}---", self.stdout, self.stderr)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
