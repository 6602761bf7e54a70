//! The one error of this crate.

use std::fmt;

/// Why the run did not do what it was asked.
///
/// It displays as what was asked and why it was not done, with a `hint:` line below
/// for everything that may mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    what: String,
    hints: Vec<String>,
}

impl Error {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hints: Vec::new() }
    }

    /// What to type, or to change, to mend it.
    pub(crate) fn with_hints(self, hints: Vec<String>) -> Self {
        Self { hints, ..self }
    }

    /// Says first what was being done.
    pub(crate) fn context(self, doing: impl fmt::Display) -> Self {
        Self { what: format!("{doing}: {}", self.what), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Error {}
