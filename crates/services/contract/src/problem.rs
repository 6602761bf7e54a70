//! Errors as RFC 9457 problem documents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One rule that the request breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// The path of the field: `event_data`, `channels[0].url`, `[3].version`;
    /// `$` is the whole body.
    #[schema(example = "channels[0].url")]
    pub field: String,
    /// What is wrong, to be read after the field's name.
    #[schema(example = "is required")]
    pub message: String,
}

/// A problem document. A client may meet one that lacks fields: a proxy can
/// answer in place of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Problem {
    /// `urn:problem:<slug>`.
    #[serde(rename = "type")]
    #[schema(required, example = "urn:problem:validation-error")]
    pub kind: String,
    /// The kind in words, always the same for one type.
    #[schema(required)]
    pub title: String,
    /// The HTTP status.
    #[schema(required)]
    pub status: u16,
    /// What happened this time.
    #[schema(required)]
    pub detail: String,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The id of this request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// All rules that the request breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
}

impl Problem {
    /// The last part of the type, `urn:problem:<slug>`; empty if it has another
    /// form.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.kind.strip_prefix("urn:problem:").unwrap_or_default()
    }
}
