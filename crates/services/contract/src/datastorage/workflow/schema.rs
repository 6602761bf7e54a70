//! Pieces of the OpenAPI document that a derive cannot write: values with a
//! wildcard, maps with bounds, parameters by type.
//!
//! They are written as JSON Schema. The kit adds the rules of every request: no
//! further fields, no U+0000, null for an absent field.

use serde_json::{Value, json};
use strum::VariantNames as _;
use utoipa::openapi::Schema;

use super::{ParameterType, Priority};
use crate::datastorage::Severity;
use crate::schema::from_json as schema;

/// A value of a label, or `*` for any; values do not contain `*`.
const WANTED: &str = r"^(\*|[^*\x00]+)$";

/// What a value is told that has not the form of [`WANTED`].
const WANTED_MESSAGE: &str = "must be one value without `*` in it, or `*` for any";

/// A value of a label.
const VALUE: &str = r"^[^*\x00]+$";

/// What a value is told that has not the form of [`VALUE`].
const VALUE_MESSAGE: &str = "must not contain `*`";

const WANTED_LABELS: &str = "The workflow is made for signals that have them; `*` wants the label \
    with any value. What a workflow does not name, it leaves open.";

const VALUE_LABELS: &str =
    "They filter nothing; they change the score of workflows that name them.";

/// The largest whole number that every reader of JSON keeps (RFC 7493,
/// section 2.2).
const WHOLE: i64 = 9_007_199_254_740_991;

pub(super) fn wanted_text() -> Schema {
    schema(json!({
        "type": "string",
        "description": "One value, or `*` for any.",
        "minLength": 1,
        "maxLength": 100,
        "pattern": WANTED,
        "x-message": WANTED_MESSAGE,
    }))
}

pub(super) fn wanted_severity() -> Schema {
    wanted_word(Severity::VARIANTS)
}

pub(super) fn wanted_priority() -> Schema {
    wanted_word(Priority::VARIANTS)
}

fn wanted_word(words: &[&str]) -> Schema {
    let words: Vec<_> = words.iter().copied().chain(["*"]).collect();
    schema(json!({
        "type": "string",
        "description": "One value, or `*` for any.",
        "enum": words,
    }))
}

/// A label of a signal.
pub(super) fn text() -> Schema {
    schema(json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": VALUE,
        "x-message": VALUE_MESSAGE,
    }))
}

/// Custom labels of a workflow.
pub(super) fn wanted_custom() -> Schema {
    label_map(
        (WANTED, WANTED_MESSAGE),
        &format!("Labels of the user's own making. {WANTED_LABELS}"),
    )
}

/// Detected labels of a workflow.
pub(super) fn wanted_detected() -> Schema {
    label_map(
        (WANTED, WANTED_MESSAGE),
        &format!("Labels that signalprocessing detects. {WANTED_LABELS}"),
    )
}

/// Custom labels of a signal.
pub(super) fn custom() -> Schema {
    label_map((VALUE, VALUE_MESSAGE), &format!("Labels of the user's own making. {VALUE_LABELS}"))
}

/// Detected labels of a signal.
pub(super) fn detected() -> Schema {
    label_map(
        (VALUE, VALUE_MESSAGE),
        &format!("Labels that signalprocessing has detected. {VALUE_LABELS}"),
    )
}

fn label_map((pattern, message): (&str, &str), description: &str) -> Schema {
    schema(json!({
        "type": "object",
        "description": description,
        "maxProperties": 20,
        "propertyNames": { "type": "string", "minLength": 1, "maxLength": 63 },
        "additionalProperties": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63,
            "pattern": pattern,
            "x-message": message,
        },
    }))
}

/// The parameters of a workflow, by name.
pub(super) fn parameters() -> Schema {
    let whole = json!({ "type": "integer", "minimum": -WHOLE, "maximum": WHOLE });
    let types = [
        parameter(ParameterType::String, json!({ "type": "string", "maxLength": 255 })),
        parameter(ParameterType::Integer, whole),
        parameter(ParameterType::Number, json!({ "type": "number" })),
        parameter(ParameterType::Boolean, json!({ "type": "boolean" })),
    ];
    schema(json!({
        "type": "object",
        "description": "What can be set when the workflow is run, by name; at most 16 KiB as JSON \
            without spaces. A `minimum` above its `maximum` is refused.",
        "maxProperties": 50,
        // They are in every list and in every answer to a search.
        "x-max-bytes": 16_384,
        "propertyNames": {
            "type": "string",
            "maxLength": 63,
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "x-message": "must have a name of letters, digits and '_', with no digit in front",
        },
        "additionalProperties": { "oneOf": types },
    }))
}

/// A parameter of one type, with the schema of its values; only numbers have a
/// range.
fn parameter(kind: ParameterType, value: Value) -> Value {
    let mut properties = json!({
        "type": { "type": "string", "enum": [kind] },
        "description": {
            "type": "string",
            "description": "What it is for.",
            "minLength": 1,
            "maxLength": 1000,
        },
        "required": {
            "type": "boolean",
            "description": "Whether the workflow cannot be run without it; false if not given.",
        },
        "enum": {
            "type": "array",
            "description": "The only values that it may have.",
            "minItems": 1,
            "maxItems": 50,
            "items": value,
        },
    });
    if matches!(kind, ParameterType::Integer | ParameterType::Number) {
        properties["minimum"] = value.clone();
        properties["maximum"] = value;
    }
    json!({ "type": "object", "required": ["type"], "properties": properties })
}
