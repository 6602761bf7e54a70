//! The one error of this crate: where, what, and how to mend it.

use std::fmt;

/// What to do about a file that this crate did not write.
pub(crate) const REWRITE: &str =
    "the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew";

/// Why an environment could not be written or read.
///
/// It displays as [`message`](Error::message) with a `hint:` line below.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    line: Option<usize>,
    /// The key that it is about, which the reader turns into a line.
    pub(crate) key: Option<String>,
    what: String,
    hint: Option<String>,
}

impl Error {
    /// The line of the file, counted from 1; none outside of a file.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong, with line and key as far as there are any, without the hint.
    pub fn message(&self) -> String {
        let line = self.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let key = self.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        format!("{line}{key}{}", self.what)
    }

    /// What to type, or to change, to mend it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { line: None, key: None, what: what.into(), hint: None }
    }

    /// The value of `key` is not one that this crate would have written.
    pub(crate) fn damaged(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(what).key(key).with_hint(REWRITE)
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// As it displays: `unwrap` in a test shows this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {}
