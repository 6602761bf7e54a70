//! The rules of every body and every query.
//!
//! A type used in both requests and answers has one schema in the annotations.
//! Requests are read strictly while answers may gain fields, so such a type
//! gets a second schema for requests, `<Name>Input`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::operations;

/// The path of the components' schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// The component for JSON of any shape.
pub(crate) const ANY: &str = "Json";

/// Strings without U+0000, which PostgreSQL cannot store.
const NO_NUL: &str = "^[^\\u0000]*$";

/// Completes the schemas of all bodies and queries.
pub(super) fn complete(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut answered = BTreeSet::new();
    for operation in operations(document) {
        if let Some(responses) = operation.get("responses") {
            references(responses, &schemas, &mut answered);
        }
    }
    let mut inputs = Inputs { schemas, answered, made: Map::new() };
    for operation in operations(document) {
        let body = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"));
        for media in body.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            inputs.visit(&mut media["schema"]);
        }
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in
            parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query")
        {
            inputs.visit(&mut parameter["schema"]);
        }
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.extend(inputs.made);
    }
}

struct Inputs {
    /// The components as the annotations define them.
    schemas: Map<String, Value>,
    /// The components that answers use.
    answered: BTreeSet<String>,
    /// The components of requests.
    made: Map<String, Value>,
}

impl Inputs {
    fn visit(&mut self, schema: &mut Value) {
        let Some(schema) = schema.as_object_mut() else { return };
        if is_any(schema) {
            self.made.entry(ANY).or_insert_with(any);
            schema.insert("$ref".to_owned(), format!("{SCHEMAS}{ANY}").into());
            return;
        }
        if let Some(name) = schema.get("$ref").and_then(name_of) {
            let input = self.component(&name);
            schema.insert("$ref".to_owned(), format!("{SCHEMAS}{input}").into());
            return;
        }
        self.merge(schema);
        for choice in ["oneOf", "anyOf"] {
            for member in members(schema, choice) {
                self.visit(member);
            }
        }
        for key in ["items", "additionalProperties", "propertyNames"] {
            if let Some(inner) = schema.get_mut(key) {
                self.visit(inner);
            }
        }
        if schema.get("additionalProperties").is_some_and(Value::is_object) {
            schema.entry("propertyNames").or_insert_with(|| json!({ "pattern": NO_NUL }));
        }
        self.fields(schema);
        if is_string(schema) && !is_narrowed(schema) {
            schema.insert("pattern".to_owned(), NO_NUL.into());
        }
        close(schema);
    }

    /// Replaces the parts of an object, such as flattened fields, by one object
    /// with the fields of all of them.
    fn merge(&self, schema: &mut Map<String, Value>) {
        let Some(Value::Array(parts)) = schema.remove("allOf") else { return };
        for part in parts {
            let named = part.get("$ref").and_then(component);
            let mut part = named.and_then(|name| self.schemas.get(name)).cloned().unwrap_or(part);
            let Some(part) = part.as_object_mut() else { continue };
            assert!(!part.contains_key("oneOf"), "a request cannot flatten a choice");
            self.merge(part);
            for (key, value) in std::mem::take(part) {
                match (schema.get_mut(&key), value) {
                    (Some(Value::Object(own)), Value::Object(more)) => own.extend(more),
                    (Some(Value::Array(own)), Value::Array(more)) => own.extend(more),
                    (Some(_), _) => {}
                    (None, value) => {
                        schema.insert(key, value);
                    }
                }
            }
        }
    }

    /// Completes the fields of an object: an optional field may be null.
    fn fields(&mut self, schema: &mut Map<String, Value>) {
        let required = schema.get("required").cloned().unwrap_or_default();
        let required = |name: &String| {
            required.as_array().is_some_and(|all| all.iter().any(|required| required == name))
        };
        let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, field) in fields.into_iter().flatten() {
            self.visit(field);
            if !required(name) {
                allow_null(field);
            }
        }
    }

    /// Creates the request form of a component and returns its name.
    fn component(&mut self, name: &str) -> String {
        let input =
            if self.answered.contains(name) { format!("{name}Input") } else { name.to_owned() };
        if self.made.contains_key(&input) {
            return input;
        }
        let own = self.schemas.get(name).cloned().unwrap_or_default();
        let mut schema = own.clone();
        // Insert a placeholder first, for components that contain themselves.
        self.made.insert(input.clone(), Value::Null);
        self.visit(&mut schema);
        if schema == own {
            self.made.remove(&input);
            return name.to_owned();
        }
        self.made.insert(input.clone(), schema);
        input
    }
}

/// Forbids further fields.
fn close(schema: &mut Map<String, Value>) {
    if schema.contains_key("properties") {
        schema.entry("additionalProperties").or_insert(false.into());
    }
}

fn allow_null(schema: &mut Value) {
    let nothing = json!({ "type": "null" });
    match schema.get_mut("type") {
        Some(Value::String(one)) if one != "null" => {
            let one = std::mem::take(one);
            schema["type"] = json!([one, "null"]);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
        }
        Some(_) => {}
        None => {
            let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"));
            let choices = choices.and_then(Value::as_array);
            let is_any = name_of(&schema["$ref"]).is_some_and(|name| name == ANY);
            if !is_any && !choices.is_some_and(|choices| choices.contains(&nothing)) {
                *schema = json!({ "anyOf": [schema.take(), nothing] });
            }
        }
    }
}

/// JSON of any shape, with no U+0000 in any string or name.
fn any() -> Value {
    let itself = json!({ "$ref": format!("{SCHEMAS}{ANY}") });
    json!({
        "description": "JSON of any shape, without U+0000",
        "type": ["null", "boolean", "number", "string", "array", "object"],
        "pattern": NO_NUL,
        "items": itself,
        "propertyNames": { "pattern": NO_NUL },
        "additionalProperties": itself,
    })
}

/// Whether a schema has annotations only and allows any value.
fn is_any(schema: &Map<String, Value>) -> bool {
    let words = ["description", "title", "example", "examples", "default", "deprecated"];
    schema.keys().all(|key| words.contains(&key.as_str()) || key.starts_with("x-"))
}

fn is_string(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|kind| kind == "string"),
        Some(one) => one == "string",
        None => false,
    }
}

/// Whether a schema restricts a string so that it cannot contain U+0000.
fn is_narrowed(schema: &Map<String, Value>) -> bool {
    ["pattern", "format", "enum", "const"].iter().any(|key| schema.contains_key(*key))
}

fn members<'a>(
    schema: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Value> {
    schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The component that a reference names.
pub(crate) fn component(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix(SCHEMAS)
}

fn name_of(reference: &Value) -> Option<String> {
    component(reference).map(str::to_owned)
}

/// Collects the components that a part of the document uses, directly or not.
fn references(part: &Value, schemas: &Map<String, Value>, found: &mut BTreeSet<String>) {
    match part {
        Value::Array(elements) => {
            elements.iter().for_each(|element| references(element, schemas, found))
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                match name_of(value).filter(|_| key == "$ref") {
                    Some(name) if found.insert(name.clone()) => {
                        references(schemas.get(&name).unwrap_or(&Value::Null), schemas, found);
                    }
                    Some(_) => {}
                    None => references(value, schemas, found),
                }
            }
        }
        _ => {}
    }
}
