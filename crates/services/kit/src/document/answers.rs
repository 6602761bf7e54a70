//! The answers that are common to all operations.

use serde_json::{Map, Value, json};

use super::RULES;
use super::object;
use crate::edge::{BODY_LIMIT, REQUEST_ID};
use crate::problem::{self, ProblemKind};

/// Adds the problems that are answered before a handler is reached or after it
/// failed, and the request id of requests and answers.
pub(super) fn complete(operation: &mut Map<String, Value>) {
    let has_body = operation.contains_key("requestBody");
    let has_input = has_body || operation.contains_key("parameters");
    let rules = rules(operation);
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({ "$ref": "#/components/parameters/RequestId" }));
    }
    let responses = object(operation, "responses");

    let mut kinds = vec![
        ProblemKind::PayloadTooLarge,
        ProblemKind::InternalError,
        ProblemKind::ServiceUnavailable,
    ];
    if has_input {
        kinds.push(ProblemKind::ValidationError);
    }
    if has_body {
        kinds.push(ProblemKind::UnsupportedMediaType);
    }
    for kind in kinds {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ problem::MEDIA_TYPE: { "schema": schema } });
        let response = object(responses, kind.status().as_str());
        response.entry("content").or_insert(content);
    }

    for (status, response) in responses.iter_mut() {
        let Some(response) = response.as_object_mut() else { continue };
        is_a_problem(response);
        describe(status, response, &rules);
        let headers = object(response, "headers");
        headers
            .insert("X-Request-Id".to_owned(), json!({ "$ref": "#/components/headers/RequestId" }));
        if status == ProblemKind::ServiceUnavailable.status().as_str() {
            headers.insert(
                "Retry-After".to_owned(),
                json!({ "$ref": "#/components/headers/RetryAfter" }),
            );
        }
    }
}

/// Defines the components that the answers refer to.
pub(super) fn define(document: &mut Value) {
    let Some(document) = document.as_object_mut() else { return };
    let components = object(document, "components");
    object(components, "parameters").insert(
        "RequestId".to_owned(),
        json!({
            "name": "X-Request-Id",
            "in": "header",
            "description": "The id under which the log is to have the request; one that is \
                            not sensible is replaced",
            "schema": { "type": "string" },
        }),
    );
    let headers = object(components, "headers");
    headers.insert(
        "RequestId".to_owned(),
        json!({
            "description": format!(
                "The id under which the log has the request: that of the request's own \
                 `{REQUEST_ID}` if it is sensible, else a new one"
            ),
            "required": true,
            "schema": { "type": "string", "pattern": crate::edge::REQUEST_ID_PATTERN },
        }),
    );
    headers.insert(
        "RetryAfter".to_owned(),
        json!({
            "description": "After how many seconds trying again may help",
            "schema": { "type": "integer", "minimum": 1 },
        }),
    );
}

/// Sets the media type of problems, which the annotations of handlers do not
/// name.
fn is_a_problem(response: &mut Map<String, Value>) {
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { return };
    let of_problem = |media: &Value| media["schema"]["$ref"] == "#/components/schemas/Problem";
    if content.get("application/json").is_some_and(of_problem)
        && let Some(media) = content.remove("application/json")
    {
        content.insert(problem::MEDIA_TYPE.to_owned(), media);
    }
}

/// Describes an answer. The description of bad input lists the rules that the
/// schema cannot express.
fn describe(status: &str, response: &mut Map<String, Value>, rules: &[String]) {
    let own = response.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut text = match (own, status) {
        ("", "200" | "201" | "202" | "204") => "It is done".to_owned(),
        ("", "400") => "The request breaks rules; `errors` lists all of them".to_owned(),
        ("", "413") => format!("The body is larger than {BODY_LIMIT} bytes"),
        ("", "415") => "The body is not `application/json`".to_owned(),
        ("", "500") => "A fault of the service; its log has the cause".to_owned(),
        ("", "503") => "The service is starting, overloaded or without its database".to_owned(),
        (own, _) => own.to_owned(),
    };
    if status == "400" && !rules.is_empty() {
        text.push_str("\n\nRules that the schema cannot express:\n");
        for rule in rules {
            text.push_str(&format!("\n- {rule}"));
        }
    }
    response.insert("description".to_owned(), text.into());
}

fn rules(operation: &Map<String, Value>) -> Vec<String> {
    let rules = operation.get(RULES).and_then(Value::as_array).into_iter().flatten();
    rules.filter_map(Value::as_str).map(str::to_owned).collect()
}
