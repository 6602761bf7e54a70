//! The OpenAPI document: what is true of every service is written into it
//! here, once, so that a service's own annotations say only what is its own.
//!
//! | module | what it adds |
//! |---|---|
//! | `answers` | the answers that [`edge`](mod@crate::edge) and [`router`](mod@crate::router) give to any request, and the header that all answers have |
//! | `inputs` | the rules that [`check`](crate::check) applies to every body and query |
//!
//! What a schema cannot say (that a time is near the clock, that a parent is
//! stored) is listed by the operation itself, as [`RULES`].

mod answers;
mod inputs;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

/// The extension under which an operation lists the rules that a schema cannot
/// express. Each is the beginning of a violation, `<field> <message>`, with
/// positions in lists left out: `[2].at must be` is listed as `at must be`. For
/// the key of a map, which may be any, it has a `*`: `limits.*.low must be`.
///
/// A request that its schema allows is refused with 400 for nothing else; the
/// fuzzer of `.ci/fuzz` holds the services to it.
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

/// Names of handlers repeat from module to module; an id has to be unique
/// within the document.
fn identify(operation: &mut Map<String, Value>) {
    let tag = operation.get("tags").and_then(|tags| tags[0].as_str());
    let id = operation.get("operationId").and_then(Value::as_str);
    if let (Some(tag), Some(id)) = (tag, id) {
        let id = format!("{tag}_{id}");
        operation.insert("operationId".to_owned(), id.into());
    }
}

/// All operations of the document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let items = paths.filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
    items
        .filter(|(method, _)| METHODS.contains(&method.as_str()))
        .filter_map(|(_, operation)| operation.as_object_mut())
}

/// The object behind `key`, which is made if it is not there.
fn object<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = parent.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object")
}
