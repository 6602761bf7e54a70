//! Schemas, compiled from the OpenAPI document.

use std::sync::OnceLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::errors::Validated;
use super::operations::{Operation, Operations};
use super::{fit, limits};
use crate::document::{ANY, complete_inputs, component};
use crate::problem::Violation;

/// The schema of a body, a query or a document, ready to read values.
#[derive(Debug)]
pub struct Schema {
    /// The schema with all references in place.
    whole: Value,
    /// Compiled when it is first used: in a debug build that takes 20 ms or more,
    /// and a service has a dozen of them to start with.
    validator: OnceLock<Validator>,
}

impl Schema {
    /// The schema of `T`, as a body of this type has it in the OpenAPI document.
    ///
    /// # Panics
    ///
    /// If the schema cannot be written as JSON.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let components: Map<_, _> =
            schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
        let body = json!({ "content": { "application/json": { "schema": T::schema() } } });
        single(&json!({ "requestBody": body }), &components).body.expect("it has a body")
    }

    /// The schema of a query.
    ///
    /// # Panics
    ///
    /// If `T` describes no valid parameters.
    #[must_use]
    pub fn of_query<T: IntoParams>() -> Self {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        single(&json!({ "parameters": parameters }), &Map::new()).query
    }

    /// A schema of a document with these components.
    pub(super) fn new(schema: &Value, components: &Map<String, Value>) -> Self {
        let mut whole = inline(schema, components);
        whole["$defs"] = json!({ ANY: inline_any(components) });
        Self { whole, validator: OnceLock::new() }
    }

    fn validator(&self) -> &Validator {
        self.validator.get_or_init(|| {
            limits::add(jsonschema::options())
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true)
                // The readers of these types decide.
                .with_format("date-time", is_time)
                .with_format("uuid", |text| Uuid::parse_str(text).is_ok())
                .with_format("uri", |text| Url::parse(text).is_ok())
                // Without backtracking: patterns meet hostile texts.
                .with_pattern_options(PatternOptions::regex())
                .build(&self.whole)
                .expect("the document has valid schemas")
        })
    }

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// All rules that the value breaks, ordered by field.
    pub fn read<T: DeserializeOwned>(&self, mut value: Value) -> Result<T, Vec<Violation>> {
        fit::value(&mut value, &self.whole);
        self.validated(value)
    }

    /// Reads an object of strings, such as a query. Numbers and booleans are
    /// read from their text.
    ///
    /// # Errors
    ///
    /// All rules that the object breaks, ordered by field.
    pub fn read_text<T: DeserializeOwned>(&self, mut value: Value) -> Result<T, Vec<Violation>> {
        fit::text(&mut value, &self.whole);
        self.validated(value)
    }

    fn validated<T: DeserializeOwned>(&self, value: Value) -> Result<T, Vec<Violation>> {
        if !self.validator().is_valid(&value) {
            let validated = Validated { schema: &self.whole, value: &value };
            return Err(validated.violations(self.validator().iter_errors(&value)));
        }
        serde_json::from_value(value).map_err(|_| {
            // Serde's error may repeat a value, which may be a secret.
            let kind = std::any::type_name::<T>();
            tracing::error!(kind, "a value that its schema allows cannot be read");
            vec![Violation { field: "$".to_owned(), message: "is not valid".to_owned() }]
        })
    }
}

/// The schemas of an operation in a document of its own.
fn single(operation: &Value, components: &Map<String, Value>) -> Operation {
    let mut document = json!({
        "paths": { "/": { "post": operation } },
        "components": { "schemas": components },
    });
    complete_inputs(&mut document);
    Operations::of(&document).take("/").expect("it has one operation")
}

/// A schema with its references in place, except those to JSON of any shape,
/// which contains itself. A choice between a schema and null becomes the schema:
/// [`fit`] removes the nulls of optional fields.
fn inline(schema: &Value, components: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(component) {
                if name != ANY {
                    return inline(&components[name], components);
                }
                // It can have limits beside the reference.
                let mut any = fields.clone();
                any.insert("$ref".to_owned(), format!("#/$defs/{ANY}").into());
                return Value::Object(any);
            }
            if let Some(only) = only_choice(fields) {
                return inline(only, components);
            }
            fields.iter().map(|(key, value)| (key.clone(), inline(value, components))).collect()
        }
        Value::Array(elements) => {
            elements.iter().map(|element| inline(element, components)).collect()
        }
        other => other.clone(),
    }
}

/// The component for JSON of any shape, which refers to itself.
fn inline_any(components: &Map<String, Value>) -> Value {
    let any = components.get(ANY).cloned().unwrap_or_else(|| json!({}));
    let fields = any.as_object().cloned().unwrap_or_default();
    fields.iter().map(|(key, value)| (key.clone(), inline(value, components))).collect()
}

/// The other schema of a choice between null and one schema.
fn only_choice(fields: &Map<String, Value>) -> Option<&Value> {
    let choices = fields.get("oneOf").or_else(|| fields.get("anyOf"))?.as_array()?;
    let is_null = |choice: &&Value| choice["type"] == "null";
    let mut others = choices.iter().filter(|choice| !is_null(choice));
    let first = others.next()?;
    (choices.iter().any(|choice| is_null(&choice)) && others.next().is_none()).then_some(first)
}

/// Whether a text is a time by the grammar of RFC 3339, section 5.6, which has a `T`
/// before the time of day.
fn is_time(text: &str) -> bool {
    text.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b't'))
        && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_for_everybody() {
        for time in ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00.5+01:00"] {
            assert!(is_time(time), "{time}");
        }
        for other in ["", "2026-01-31", "2026-01-31 12:00:00Z", "ü"] {
            assert!(!is_time(other), "{other}");
        }
    }
}
