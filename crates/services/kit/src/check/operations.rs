//! The schemas of a document, by operation.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;
use serde_json::{Map, Value, json};

use super::Schema;

/// The schemas of all operations of a document. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Operations(Arc<HashMap<String, HashMap<Method, Operation>>>);

/// The schemas of one operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) body: Option<Schema>,
    pub(crate) query: Schema,
}

impl Operations {
    /// The schemas of a complete document.
    pub(crate) fn of(document: &Value) -> Self {
        let none = Map::new();
        let components = document["components"]["schemas"].as_object().unwrap_or(&none);
        let of_path = |item: &Value| {
            let operations = item.as_object().into_iter().flatten();
            let known = operations.filter_map(|(method, operation)| {
                let method = method.to_ascii_uppercase().parse().ok()?;
                Some((method, Operation::of(operation, components)))
            });
            known.collect()
        };
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(Arc::new(paths.map(|(path, item)| (path.clone(), of_path(item))).collect()))
    }

    /// The schemas of the operation that a request is for.
    pub(crate) fn find<'a>(&'a self, parts: &Parts) -> Option<&'a Operation> {
        let path = parts.extensions.get::<MatchedPath>()?;
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        self.0.get(path.as_str())?.get(method)
    }

    /// The only operation of a path, if nobody shares these schemas.
    pub(super) fn take(self, path: &str) -> Option<Operation> {
        Arc::into_inner(self.0)?.remove(path)?.into_values().next()
    }
}

impl Operation {
    fn of(operation: &Value, components: &Map<String, Value>) -> Self {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut query = json!({
            "type": "object", "properties": {}, "required": [], "additionalProperties": false,
        });
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap_or_default();
            query["properties"][name] = parameter["schema"].clone();
            if parameter["required"] == true
                && let Some(required) = query["required"].as_array_mut()
            {
                required.push(name.into());
            }
        }
        Self {
            body: body.is_object().then(|| Schema::new(body, components)),
            query: Schema::new(&query, components),
        }
    }
}
