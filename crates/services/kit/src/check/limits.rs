//! Limits of a value as a whole, which JSON Schema does not have: keywords of
//! our own.

use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::Value;

/// How many bytes a value may have, as JSON without spaces.
pub(super) const MAX_BYTES: &str = "x-max-bytes";

/// How many objects and arrays may be around the innermost value.
pub(super) const MAX_LEVELS: &str = "x-max-levels";

/// Adds the keywords.
pub(super) fn add(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .with_keyword(MAX_BYTES, |_, most, _| limit(bytes, most))
        .with_keyword(MAX_LEVELS, |_, most, _| limit(levels, most))
}

/// How many bytes a value has, as JSON without spaces.
pub(super) fn bytes(value: &Value) -> usize {
    value.to_string().len()
}

/// How many arrays and objects are around the innermost value. The parser
/// limits the depth, so recursion is safe.
pub(super) fn levels(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(levels).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(levels).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

struct Limit {
    measure: fn(&Value) -> usize,
    most: usize,
}

fn limit<'a>(
    measure: fn(&Value) -> usize,
    most: &Value,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let most = most.as_u64().and_then(|most| usize::try_from(most).ok());
    let most = most.ok_or_else(|| ValidationError::custom("a limit is a number"))?;
    Ok(Box::new(Limit { measure, most }))
}

impl<'i> Keyword<'i> for Limit {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) { Ok(()) } else { Err(ValidationError::custom("is too large")) }
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        (self.measure)(value) <= self.most
    }
}
