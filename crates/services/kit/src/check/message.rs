//! The messages of all violations. They are made of the schema and never of the
//! validator's text, which repeats whole values.
//!
//! A message is read after the field's name. A schema with a pattern or a choice
//! can have a message of its own, [`MESSAGE`].

use std::fmt::Display;

use serde_json::Value;

use super::fit::is;
use super::limits::{MAX_BYTES, MAX_LEVELS, bytes};

/// The extension of a schema under which it has a message for values that break
/// its pattern or choice: `must be …`.
pub(super) const MESSAGE: &str = "x-message";

pub(super) const IS_REQUIRED: &str = "is required";
pub(super) const MUST_NOT_BE_NULL: &str = "must not be null";
pub(super) const UNKNOWN_FIELD: &str = "is not a known field";
const NUL: &str = "must not contain the character U+0000";

/// The message for a value that breaks a rule of `schema`.
pub(super) fn of_value(schema: &Value, keyword: &str, value: &Value) -> String {
    match keyword {
        "type" | "range" => of_type(schema),
        "minLength" | "maxLength" => {
            format!("must have {} characters", bounds(schema, "minLength", "maxLength"))
        }
        "items" => {
            let bounds = bounds(schema, "minItems", "maxItems");
            format!("must have {bounds} elements, has {}", value.as_array().map_or(0, Vec::len))
        }
        "properties" => {
            let bounds = bounds(schema, "minProperties", "maxProperties");
            let count = value.as_object().map_or(0, serde_json::Map::len);
            format!("must have {bounds} entries, has {count}")
        }
        MAX_BYTES => {
            format!("must have at most {} bytes as JSON, has {}", schema[MAX_BYTES], bytes(value))
        }
        MAX_LEVELS => format!("must be nested at most {} levels deep", schema[MAX_LEVELS]),
        "pattern" if value.as_str().is_some_and(|text| text.contains('\0')) => NUL.to_owned(),
        "format" => of_format(schema["format"].as_str().unwrap_or_default()),
        _ if own(schema).is_some() => own(schema).unwrap_or_default().to_owned(),
        "enum" => one_of(schema["enum"].as_array().map_or(&[][..], Vec::as_slice)),
        "pattern" => format!("must match {}", schema["pattern"].as_str().unwrap_or_default()),
        _ => "is not valid".to_owned(),
    }
}

/// The message for a key that breaks a rule of `schema`.
pub(super) fn of_key(schema: &Value) -> String {
    match own(schema) {
        Some(own) => own.to_owned(),
        None if schema.get("maxLength").is_some() => {
            let bounds = bounds(schema, "minLength", "maxLength");
            format!("must have a key of {bounds} characters without U+0000")
        }
        None => "must have a key without U+0000".to_owned(),
    }
}

/// The message that a schema has itself.
pub(super) fn own(schema: &Value) -> Option<&str> {
    schema.get(MESSAGE)?.as_str()
}

/// The message for a value that is none of some words.
pub(super) fn one_of(words: &[Value]) -> String {
    let words = words.iter().filter_map(Value::as_str);
    format!("must be one of {}", words.collect::<Vec<_>>().join(", "))
}

/// The message for a value of another type, or outside of the range.
fn of_type(schema: &Value) -> String {
    let number = |what: &str| match (schema.get("minimum"), schema.get("maximum")) {
        (None, None) => format!("must be {what}"),
        (Some(low), Some(high)) => format!("must be {what} from {low} to {high}"),
        (Some(low), None) => format!("must be {what} of at least {low}"),
        (None, Some(high)) => format!("must be {what} of at most {high}"),
    };
    for (kind, message) in [
        ("object", "must be an object"),
        ("array", "must be an array"),
        ("string", "must be a string"),
        ("boolean", "must be true or false"),
    ] {
        if is(schema, kind) {
            return message.to_owned();
        }
    }
    number(if is(schema, "integer") { "a whole number" } else { "a number" })
}

fn of_format(format: &str) -> String {
    match format {
        "uuid" => "must be a UUID",
        "date-time" => "must be a time like 2026-01-31T12:00:00Z (RFC 3339)",
        "uri" => "must be a URL",
        _ => "is not valid",
    }
    .to_owned()
}

/// Two limits in words.
fn bounds(schema: &Value, low: &str, high: &str) -> String {
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
    let words = |text: &dyn Display| text.to_string();
    match (limit(low).filter(|low| *low > 0), limit(high)) {
        (Some(low), Some(high)) if low == high => words(&low),
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => words(&"other"),
    }
}
