//! The parameters of a workflow.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::ParameterType;

/// A parameter of a workflow. Its name is its key in the map: at most 63
/// letters, digits and `_`, not starting with a digit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is required to run the workflow.
    #[serde(default)]
    pub required: bool,
    /// The allowed values, all of its type; 1 to 50.
    #[serde(rename = "enum", default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Value>>,
    /// The smallest allowed value, for integers and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The largest allowed value, for integers and numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
}
