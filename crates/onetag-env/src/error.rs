//! The one error of this crate: where, what, and how to mend it.

use std::fmt;

/// Why an environment could not be written or read.
///
/// Its text names the line and the key as far as there are any, and ends with
/// a `hint:` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    line: Option<usize>,
    key: Option<String>,
    what: String,
    hint: Option<String>,
}

impl Error {
    /// The line of the file, counted from 1; none outside of a file.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { line: None, key: None, what: what.into(), hint: None }
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(mut self, line: Option<usize>) -> Self {
        self.line = line;
        self
    }

    /// The key that the error is about, which the reader turns into a line.
    pub(crate) fn about(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
