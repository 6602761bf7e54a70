//! The OpenAPI document. This module adds what is common to all services, so
//! that a service's annotations only describe its own operations.
//!
//! | module | what it adds |
//! |---|---|
//! | `answers` | the answers of [`edge`](mod@crate::edge) and [`router`](mod@crate::router), and the request id header |
//! | `inputs` | the rules of every body and query, with which [`check`](crate::check) validates them |
//!
//! Rules that a schema cannot express (a time near the clock, a stored parent)
//! are listed by the operation itself, as [`RULES`].

mod answers;
mod inputs;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub(crate) use inputs::{ANY, component};

/// The extension under which an operation lists the rules that a schema cannot
/// express. Each rule is the beginning of a violation, `<field> <message>`.
/// Positions in lists are omitted: `[2].at must be` is listed as `at must be`.
/// A key of a map is written as `*`: `limits.*.low must be`.
///
/// A request that its schema allows is refused with 400 only for these rules;
/// the fuzzer of `.ci/fuzz` checks this.
pub const RULES: &str = "x-rules";

/// The methods under which a path's operations stand.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Completes the document of one service.
pub(crate) fn complete(document: &mut Value) {
    for operation in operations(document) {
        identify(operation);
        answers::complete(operation);
    }
    inputs::complete(document);
    answers::define(document);
}

/// Completes only the schemas of bodies and queries.
pub(crate) fn complete_inputs(document: &mut Value) {
    inputs::complete(document);
}

/// Sets a unique operation id: handlers of different modules may have the same
/// name.
fn identify(operation: &mut Map<String, Value>) {
    let tag = operation.get("tags").and_then(|tags| tags[0].as_str());
    let id = operation.get("operationId").and_then(Value::as_str);
    if let (Some(tag), Some(id)) = (tag, id) {
        let id = format!("{tag}_{id}");
        operation.insert("operationId".to_owned(), id.into());
    }
}

/// The methods and paths of a document below a path, sorted: `POST
/// /api/v1/workflows`.
#[must_use]
pub fn calls(document: &Value, below: &str) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let calls = paths.filter(|(path, _)| path.starts_with(below)).flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(Map::keys);
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let mut calls: Vec<_> = calls.collect();
    calls.sort();
    calls
}

/// All operations of the document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let items = paths.filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
    items
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

/// The object at `key`, which is created if it does not exist.
fn object<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = parent.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object")
}
