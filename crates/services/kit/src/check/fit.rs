//! What is done to a value before it is validated, so that it can be read with
//! serde afterwards: nulls of optional fields are removed, and whole numbers
//! that are written with a point lose it. In a query, numbers and booleans are
//! made of texts.

use serde_json::{Map, Number, Value};

/// Fits a value of a body.
pub(super) fn value(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => object(fields, schema),
        Value::Array(elements) => {
            for element in elements {
                self::value(element, &schema["items"]);
            }
        }
        Value::Number(number) if is(schema, "integer") => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = whole.into();
            }
        }
        _ => {}
    }
}

/// Fits an object of texts.
pub(super) fn text(value: &mut Value, schema: &Value) {
    for (name, value) in value.as_object_mut().into_iter().flatten() {
        let schema = &schema["properties"][name];
        let Some(text) = value.as_str() else { continue };
        let read = if is(schema, "integer") {
            text.parse::<i64>().ok().map(Value::from)
        } else if is(schema, "number") {
            text.parse().ok().and_then(Number::from_f64).map(Value::from)
        } else if is(schema, "boolean") {
            text.parse::<bool>().ok().map(Value::from)
        } else {
            None
        };
        // What is not one stays text, which the schema refuses.
        if let Some(read) = read {
            *value = read;
        }
    }
}

fn object(fields: &mut Map<String, Value>, schema: &Value) {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let schema = choices.into_iter().find(|choice| fits(fields, choice)).unwrap_or(schema);
    let Some(properties) = schema["properties"].as_object() else {
        for value in fields.values_mut() {
            self::value(value, &schema["additionalProperties"]);
        }
        return;
    };
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    for (name, schema) in properties {
        match fields.get_mut(name) {
            Some(Value::Null) if !is_required(name) && schema.get("$ref").is_none() => {
                fields.remove(name);
            }
            Some(value) => self::value(value, schema),
            None => {}
        }
    }
}

/// Whether an object has the fixed values of a choice, such as its `type`.
fn fits(fields: &Map<String, Value>, choice: &Value) -> bool {
    let properties = choice["properties"].as_object().into_iter().flatten();
    let mut fixed =
        properties.filter_map(|(name, schema)| Some((name, schema["enum"].as_array()?)));
    fixed.all(|(name, words)| fields.get(name).is_some_and(|value| words.contains(value)))
}

/// Whether a schema allows a type.
pub(super) fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

/// A number without a fraction that a float can hold exactly.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
