//! What a workflow does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::StepType;

/// A step of a workflow. What it needs besides its type is between the author
/// and the service that runs it; the catalog keeps it as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: StepType,
    /// Everything else: a URL, a duration.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}
