//! Errors, as RFC 9457 problem documents.

use serde::{Deserialize, Serialize};

/// A problem document, with the fields that a client needs. All fields are
/// optional, since a proxy may answer in place of the service.
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
    /// The request's id in the service's log.
    pub request_id: String,
    /// Every violation, for bad input.
    pub errors: Vec<Violation>,
}

/// One violation of bad input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Violation {
    /// Where it is: `event_type`, in a list `[3].event_type`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}
