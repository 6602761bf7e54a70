//! Why a call failed.

use std::fmt;

use serde::Deserialize;

/// Why a call to DataStorage failed.
#[derive(Debug)]
pub enum ClientError {
    /// The base URL cannot be used. It is not shown, since it may hold a
    /// password.
    BaseUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// There was no answer: connection refused, reset, or timed out.
    Unreachable {
        /// Method and address.
        request: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// DataStorage refused the request.
    Refused {
        /// Method and address.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The problem document of the answer.
        problem: Box<Problem>,
    },
    /// The answer is a success, but cannot be parsed.
    Unreadable {
        /// Method and address.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The request cannot be written as JSON.
    Unwritable {
        /// What is wrong with it.
        reason: String,
    },
}

/// An RFC 9457 problem, with the fields that a client needs. All fields are
/// optional, since a proxy may answer in place of DataStorage.
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
    /// The request's id in DataStorage's log.
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
    /// Whether the same call would fail again, because the request itself is
    /// wrong.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::BaseUrl { .. } | Self::Unwritable { .. } => true,
            Self::Unreachable { .. } | Self::Unreadable { .. } => false,
            Self::Refused { status, .. } => (400..500).contains(status),
        }
    }

    /// The positions of a batch that have violations, in ascending order
    /// without duplicates; empty if the answer names none.
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
            Self::BaseUrl { reason } => {
                writeln!(f, "it is not the address of DataStorage: {reason}")?;
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

/// The last cause of the chain: `connection refused` says more than `error
/// sending request`.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a dyn std::error::Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}
