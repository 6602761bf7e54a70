//! Why a document could not be read, and where in it.

use std::fmt;

/// Why a document could not be read, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    path: String,
    problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It has a field that is not known; the path of the error leads to it.
    UnknownField {
        /// The field.
        name: String,
        /// All that are known.
        known: &'static [&'static str],
    },
    /// It lacks this field.
    MissingField(&'static str),
    /// It is a word, and none of those that are allowed.
    UnknownWord {
        /// The word.
        word: String,
        /// All that are known.
        known: &'static [&'static str],
    },
    /// It is of another type.
    Type {
        /// What it is, such as "integer `3`".
        found: String,
        /// What was expected, such as "a string".
        expected: &'static str,
    },
    /// Anything else, in words.
    Other(String),
}

impl Error {
    /// Something is wrong with the value that is being read.
    pub fn new(problem: Problem) -> Error {
        Error { path: String::new(), problem }
    }

    /// Something else is wrong with it, in words.
    pub fn other(message: impl Into<String>) -> Error {
        Error::new(Problem::Other(message.into()))
    }

    /// The error, seen from the object in which the value has this key.
    #[must_use]
    pub fn below(mut self, key: &str) -> Error {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{key}{dot}{}", self.path);
        self
    }

    /// The error, seen from the array in which the value has this index.
    #[must_use]
    pub(crate) fn at(mut self, index: usize) -> Error {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }

    /// The keys and indices that lead to the value, as in `stamps[0].colour`;
    /// empty for the document itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with the value.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, known) = match self {
            Problem::UnknownField { name, known } => (format!("unknown field `{name}`"), known),
            Problem::UnknownWord { word, known } => (format!("unknown value `{word}`"), known),
            Problem::MissingField(name) => return write!(f, "missing field `{name}`"),
            Problem::Type { found, expected } => {
                return write!(f, "invalid type: {found}, expected {expected}");
            }
            Problem::Other(message) => return f.write_str(message),
        };
        write!(f, "{what}, expected one of `{}`", known.join("`, `"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => self.problem.fmt(f),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for Error {}
