//! The parameters of a workflow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::{Definition, ParameterType};

/// How many characters of a value an error shows.
const EXCERPT: usize = 80;

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

impl Definition {
    /// Checks the values that somebody wants to run the workflow with.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub fn check_parameters(&self, values: &BTreeMap<String, Value>) -> Result<(), Vec<String>> {
        let mut errors = Vec::new();
        for (name, parameter) in &self.parameters {
            match values.get(name) {
                Some(value) => {
                    let error = parameter.check(value).err();
                    errors.extend(error.map(|error| format!("parameter {name} {error}")));
                }
                None if parameter.required => errors.push(format!("parameter {name} is required")),
                None => {}
            }
        }
        for name in values.keys().filter(|name| !self.parameters.contains_key(*name)) {
            errors.push(format!("there is no parameter {name}"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Parameter {
    /// Checks a value: its type, the list of values, the range.
    fn check(&self, value: &Value) -> Result<(), String> {
        let has_type = match self.kind {
            ParameterType::String => value.is_string(),
            ParameterType::Integer => value.is_i64() || value.is_u64(),
            ParameterType::Number => value.is_number(),
            ParameterType::Boolean => value.is_boolean(),
        };
        if !has_type {
            return Err(format!("must be of type {}, not {}", self.kind, excerpt(value)));
        }
        if let Some(choices) = &self.choices
            && !choices.contains(value)
        {
            let choices: Vec<_> = choices.iter().map(excerpt).collect();
            return Err(format!("must be one of {}, not {}", choices.join(", "), excerpt(value)));
        }
        let Value::Number(number) = value else { return Ok(()) };
        match (&self.minimum, &self.maximum) {
            (Some(minimum), _) if is_less(number, minimum) => {
                Err(format!("must be at least {minimum}, not {number}"))
            }
            (_, Some(maximum)) if is_less(maximum, number) => {
                Err(format!("must be at most {maximum}, not {number}"))
            }
            _ => Ok(()),
        }
    }
}

/// Compares integers exactly: a float does not tell large ones apart.
fn is_less(number: &Number, other: &Number) -> bool {
    match (number.as_i128(), other.as_i128()) {
        (Some(number), Some(other)) => number < other,
        _ => number.as_f64() < other.as_f64(),
    }
}

fn excerpt(value: &Value) -> String {
    value.to_string().chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_has_the_type_is_in_the_list_and_in_the_range() {
        for (parameter, value, expected) in [
            (json!({ "type": "string" }), json!("a"), ""),
            (json!({ "type": "string" }), json!(1), "must be of type string, not 1"),
            (json!({ "type": "integer" }), json!(1), ""),
            (json!({ "type": "integer" }), json!(1.5), "must be of type integer, not 1.5"),
            (json!({ "type": "number" }), json!(1), ""),
            (json!({ "type": "boolean" }), json!(false), ""),
            (json!({ "type": "boolean" }), json!("yes"), "must be of type boolean, not \"yes\""),
            (json!({ "type": "string", "enum": ["a", "b"] }), json!("b"), ""),
            (
                json!({ "type": "string", "enum": ["a", "b"] }),
                json!("c"),
                "must be one of \"a\", \"b\", not \"c\"",
            ),
            (json!({ "type": "integer", "minimum": 2, "maximum": 4 }), json!(2), ""),
            (json!({ "type": "integer", "minimum": 2, "maximum": 4 }), json!(4), ""),
            (json!({ "type": "integer", "minimum": 2 }), json!(1), "must be at least 2, not 1"),
            (json!({ "type": "number", "maximum": 4 }), json!(4.5), "must be at most 4, not 4.5"),
            (
                json!({ "type": "integer", "maximum": 9_007_199_254_740_992_u64 }),
                json!(9_007_199_254_740_993_u64),
                "must be at most 9007199254740992, not 9007199254740993",
            ),
        ] {
            let read: Parameter = serde_json::from_value(parameter.clone()).expect("a parameter");
            let found = read.check(&value).err().unwrap_or_default();
            assert_eq!(found, expected, "{parameter} {value}");
        }
    }
}
