//! Why a call failed.

use std::fmt;

use serde::Deserialize;

/// Why a call to DataStorage failed.
#[derive(Debug)]
pub enum ClientError {
    /// The base URL cannot be used.
    BaseUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There was no answer: refused, reset, or too late.
    Unreachable {
        /// Method and address.
        request: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// DataStorage answered, but not with what was asked for.
    Refused {
        /// Method and address.
        request: String,
        /// The HTTP status.
        status: u16,
        /// What DataStorage says about it.
        problem: Box<Problem>,
    },
    /// The answer says success, but cannot be understood.
    Unreadable {
        /// Method and address.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was to be sent cannot be written as JSON.
    Unwritable {
        /// What is wrong with it.
        reason: String,
    },
}

/// An RFC 9457 problem, as far as a client needs it. Whatever sits between us
/// and DataStorage may answer with less, so nothing is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// `urn:problem:<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The slug in words.
    pub title: String,
    /// What is wrong this time.
    pub detail: String,
    /// The request's id, to be found in DataStorage's log.
    pub request_id: String,
    /// Every violation, for bad input.
    pub errors: Vec<Violation>,
}

/// One violation of bad input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Violation {
    /// Where it is: `event_type`, in a batch `[3].event_type`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl ClientError {
    /// Whether the same call would fail again: the request itself is wrong.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::BaseUrl { .. } | Self::Unwritable { .. } => true,
            Self::Unreachable { .. } | Self::Unreadable { .. } => false,
            Self::Refused { status, .. } => (400..500).contains(status),
        }
    }

    /// The positions in a batch that the answer complains about, in ascending
    /// order and each once; empty if it names none.
    pub fn refused_positions(&self) -> Vec<usize> {
        let Self::Refused { problem, .. } = self else {
            return Vec::new();
        };
        let mut positions: Vec<usize> = problem.errors.iter().filter_map(position).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

/// Reads the 3 of `[3].event_type`.
fn position(violation: &Violation) -> Option<usize> {
    let (index, _) = violation.field.strip_prefix('[')?.split_once(']')?;
    index.parse().ok()
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseUrl { url, reason } => {
                writeln!(f, "`{url}` is not the address of DataStorage: {reason}")?;
                write!(f, "hint: it has the form http://<host>:<port>")
            }
            Self::Unreachable { request, source } => {
                write!(f, "no answer to {request}: {}", innermost(source))
            }
            Self::Refused { request, status, problem } => {
                write!(f, "{request} was answered with {status}")?;
                if !problem.detail.is_empty() {
                    write!(f, ": {}", problem.detail)?;
                }
                for violation in &problem.errors {
                    write!(f, "; {}: {}", violation.field, violation.message)?;
                }
                Ok(())
            }
            Self::Unreadable { request, reason } => {
                write!(f, "the answer to {request} cannot be understood: {reason}")
            }
            Self::Unwritable { reason } => {
                write!(f, "the request cannot be written as JSON: {reason}")
            }
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The end of the chain of causes: `connection refused` says more than `error
/// sending request`.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a dyn std::error::Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}
