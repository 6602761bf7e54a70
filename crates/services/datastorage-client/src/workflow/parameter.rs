//! What can be set when a workflow is run.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::ParameterType;

/// A parameter of a workflow. Its name is the key under which it stands:
/// letters, digits and `_`, with no digit in front, at most 63.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Of which type its values are.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the workflow cannot be run without it.
    #[serde(default)]
    pub required: bool,
    /// The only values that it may have, all of its type; 1 to 50.
    #[serde(rename = "enum", default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Value>>,
    /// The smallest value that it may have, for integers and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The largest value that it may have, for integers and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
}
