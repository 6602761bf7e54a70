//! What a workflow does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::StepType;

/// A step of a workflow. The catalog checks only its type and stores the other
/// fields as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: StepType,
    /// All other fields, for instance a URL or a duration.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}
