//! What can be wrong with a workspace or with what was asked of it.

use std::fmt;

/// An error of this module, by who has to act on it.
///
/// The text is complete: it names the file and the key, and has a line
/// `hint: …` where there is a way to mend it. The variant decides the exit code
/// of the process, so callers downcast to it through `anyhow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The caller asked for something that is not there, or wrote something
    /// that cannot be read. Exit code 2.
    Usage(String),
    /// The suite selects no test of this workspace. Exit code 4, nextest's code
    /// for "no tests to run".
    NoTests(String),
    /// A manifest says something that is not allowed. Exit code 1.
    Metadata(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::NoTests(text) | Self::Metadata(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Problem {}
