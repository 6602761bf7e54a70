//! Why a call failed.

use std::error::Error;
use std::time::Duration;

use contract::problem::Problem;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How many characters of an answer without a problem document go into an
/// error.
pub(super) const EXCERPT: usize = 200;

/// The longest `Retry-After` that is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Why a call of another service failed.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The base URL cannot be used. It is not shown, since it may have a
    /// password.
    #[error(
        "the address of {name} cannot be used: {reason}\nhint: it has the form http://<host>:<port>"
    )]
    BaseUrl {
        /// The service.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There was no answer: connection refused, reset, or timed out.
    #[error("{name} did not answer {request}: {}", innermost(source))]
    Unreachable {
        /// The service.
        name: &'static str,
        /// Method and path.
        request: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// The service refused the request.
    #[error("{name} answered {request} with {status}{}", told(problem))]
    Refused {
        /// The service.
        name: &'static str,
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// The problem document of the answer.
        problem: Box<Problem>,
        /// How long the service wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer is a success, but cannot be parsed.
    #[error("the answer of {name} to {request} cannot be understood: {source}")]
    Unreadable {
        /// The service.
        name: &'static str,
        /// Method and path.
        request: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The request cannot be written as JSON.
    #[error("the body of {request} cannot be written as JSON: {source}")]
    Unwritable {
        /// Method and path.
        request: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl PeerError {
    /// Reads the problem document, or quotes an answer without one: a proxy may
    /// answer in place of the service.
    pub(super) fn refused(
        name: &'static str,
        request: String,
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &[u8],
    ) -> Self {
        let problem = serde_json::from_slice(bytes).unwrap_or_else(|_| {
            let text = String::from_utf8_lossy(bytes);
            let detail = text.chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
            Problem { detail, ..Problem::default() }
        });
        Self::Refused {
            name,
            request,
            status: status.as_u16(),
            problem: Box::new(problem),
            retry_after: retry_after(headers),
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::BaseUrl { .. } | Self::Unreadable { .. } | Self::Unwritable { .. } => false,
        }
    }

    /// Whether the service refuses what was sent, whenever that comes. Other refusals that
    /// do not pass by themselves are of the caller or of the address: a proxy answers, or
    /// another service.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        let Self::Refused { status, .. } = self else { return false };
        matches!(status, 400..500) && !matches!(status, 401 | 403..=405 | 407) && !self.may_pass()
    }

    /// How long the service wants to be left alone, at most a minute.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The positions in a list that was sent which have violations, in
    /// ascending order without duplicates; empty if the answer names none.
    #[must_use]
    pub fn refused_positions(&self) -> Vec<usize> {
        let Self::Refused { problem, .. } = self else {
            return Vec::new();
        };
        let mut positions: Vec<usize> =
            problem.errors.iter().filter_map(|violation| position(&violation.field)).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// What is wrong at this position of a list that was sent; the whole error
    /// if it names no positions.
    #[must_use]
    pub fn reason_at(&self, index: usize) -> String {
        let Self::Refused { problem, .. } = self else {
            return self.to_string();
        };
        let here = problem.errors.iter().filter(|error| position(&error.field) == Some(index));
        let here: Vec<_> =
            here.map(|error| format!("{}: {}", error.field, error.message)).collect();
        if here.is_empty() { self.to_string() } else { here.join("; ") }
    }
}

/// Reads the 3 of `[3].event_type`.
fn position(field: &str) -> Option<usize> {
    let (index, _) = field.strip_prefix('[')?.split_once(']')?;
    index.parse().ok()
}

/// What a problem document tells.
fn told(problem: &Problem) -> String {
    let mut told = String::new();
    if !problem.detail.is_empty() {
        told += ": ";
        told += &problem.detail;
    }
    for violation in &problem.errors {
        told += &format!("; {}: {}", violation.field, violation.message);
    }
    told
}

/// How long the sender of an answer wants to be left alone, at most a minute.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// The last cause of the chain: `connection refused` says more than `error
/// sending request`.
#[must_use]
pub fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a dyn Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}
