//! The document agrees with the service: every bound of every request body is
//! in the document and in the code that reads it.

use axum::http::StatusCode;
use contract::datastorage::{Priority, StepType, WorkflowStatus};
use contract::strum::VariantNames as _;
use serde_json::{Map, Value, json};

use super::{WORKFLOWS, create, fields as violated, path_of};
use crate::catalog::testing::{sent, signal, with};
use crate::testing::TestService;

/// A text of this length that matches the field's pattern.
fn text(length: u64) -> Value {
    json!("x".repeat(usize::try_from(length).expect("a length")))
}

/// The fields that a component describes, in all of its parts, and which of
/// them are required.
fn fields_of(schemas: &Value, component: &Value) -> (Map<String, Value>, Vec<Value>) {
    if let Some(reference) = component["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a name");
        return fields_of(schemas, &schemas[name]);
    }
    let list = |key: &str| component[key].as_array().cloned().unwrap_or_default();
    let mut fields = component["properties"].as_object().cloned().unwrap_or_default();
    let mut required = list("required");
    for part in list("allOf") {
        let (more_fields, more_required) = fields_of(schemas, &part);
        fields.extend(more_fields);
        required.extend(more_required);
    }
    (fields, required)
}

async fn body_of(
    datastorage: &TestService,
    method: &str,
    path: &str,
) -> (Map<String, Value>, Vec<Value>) {
    let (_, document) = datastorage.get("/openapi.json").await;
    let body = &document["paths"][path][method]["requestBody"]["content"]["application/json"];
    fields_of(&document["components"]["schemas"], &body["schema"])
}

/// Sends the body with each field just within its documented bounds, just
/// beyond them, null, and with one field too many. The body's version, if it has
/// one, is new each time.
async fn check_bounds(
    datastorage: &TestService,
    (method, path, at): (&str, &str, &str),
    good: &Value,
) {
    let (fields, required) = body_of(datastorage, &method.to_lowercase(), path).await;
    assert!(fields.len() >= required.len() && !required.is_empty(), "{fields:?}");
    for (field, rules) in fields {
        let nothing = json!({ "type": "null" });
        let choices = rules["anyOf"].as_array().or(rules["oneOf"].as_array());
        let nullable = rules["type"].as_array().is_some_and(|types| types.contains(&json!("null")))
            || choices.is_some_and(|choices| choices.contains(&nothing));
        assert_eq!(nullable, !required.contains(&json!(field)), "{field}: {rules}");
        let mut cases = bounds(&field, &rules);
        cases.push((Value::Null, nullable));
        for (value, accepted) in cases {
            let mut body = good.clone();
            if body.get("version").is_some() {
                body["version"] = json!(uuid::Uuid::now_v7());
            }
            body[&field] = value;
            let (status, answer) = datastorage.send(method, at, Some(&body)).await;
            assert_eq!(status.is_success(), accepted, "{body}: {answer}");
            if !accepted {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
                let named = violated(&answer).iter().all(|violation| violation.starts_with(&field));
                assert!(named, "{body}: {answer}");
            }
        }
    }
    let more = with(good.clone(), "colour", Value::Null);
    assert_eq!(datastorage.send(method, at, Some(&more)).await.0, StatusCode::BAD_REQUEST);
}

/// Values at and beyond the bounds that the document has of a field, and whether
/// they are within them.
fn bounds(field: &str, rules: &Value) -> Vec<(Value, bool)> {
    let is = |kind: &str| {
        rules["type"] == kind || rules["type"].as_array().is_some_and(|types| types[0] == kind)
    };
    let mut cases = Vec::new();
    if let (true, Some(longest)) = (is("string"), rules["maxLength"].as_u64()) {
        assert_eq!(rules["minLength"], 1, "{field}");
        cases.extend([(text(1), true), (text(longest), true)]);
        cases.extend([(text(0), false), (text(longest + 1), false)]);
    }
    if let (Some(least), Some(most)) = (rules["minimum"].as_i64(), rules["maximum"].as_i64()) {
        cases.extend([(json!(least), true), (json!(most), true)]);
        cases.extend([(json!(least - 1), false), (json!(most + 1), false)]);
    }
    if let (Some(least), Some(most)) = (rules["minItems"].as_u64(), rules["maxItems"].as_u64()) {
        let steps =
            |count: u64| -> Value { (0..count).map(|_| json!({ "type": "wait" })).collect() };
        cases.extend([(steps(least), true), (steps(most), true)]);
        cases.extend([(steps(least - 1), false), (steps(most + 1), false)]);
    }
    if let (true, Some(most)) = (is("object"), rules["maxProperties"].as_u64()) {
        let value = if field == "parameters" { json!({ "type": "string" }) } else { json!("x") };
        let entries = |count: u64| -> Value {
            (0..count).map(|number| (format!("k{number}"), value.clone())).collect()
        };
        cases.extend([(entries(0), true), (entries(most), true), (entries(most + 1), false)]);
        let longest = rules["propertyNames"]["maxLength"].as_u64().expect("a length");
        let named = |length| json!({ (text(length).as_str().expect("text")): value });
        cases.extend([(named(longest), true), (named(longest + 1), false), (named(0), false)]);
    }
    cases
}

#[tokio::test]
async fn the_bounds_of_a_new_workflow_are_those_of_the_document() {
    let datastorage = TestService::new().await;
    let operation = ("POST", WORKFLOWS, WORKFLOWS);
    check_bounds(&datastorage, operation, &sent("restart-pod", "1")).await;
}

#[tokio::test]
async fn the_bounds_of_a_change_are_those_of_the_document() {
    let datastorage = TestService::new().await;
    let path = path_of(&create(&datastorage, &sent("a", "1")).await);
    let change = json!({ "status": "disabled", "status_reason": "x" });
    let operation = ("PATCH", "/api/v1/workflows/{workflow_id}", path.as_str());
    check_bounds(&datastorage, operation, &change).await;
}

#[tokio::test]
async fn the_bounds_of_a_search_are_those_of_the_document() {
    let datastorage = TestService::new().await;
    let path = format!("{WORKFLOWS}/search");
    check_bounds(&datastorage, ("POST", &path, &path), &signal()).await;
}

#[tokio::test]
async fn the_document_describes_what_a_derive_cannot() {
    let datastorage = TestService::new().await;
    let (fields, required) = body_of(&datastorage, "post", WORKFLOWS).await;
    let mut required: Vec<_> = required.iter().filter_map(Value::as_str).collect();
    required.sort_unstable();
    assert_eq!(required, ["content", "description", "labels", "name", "title", "version"]);

    let types = fields["parameters"]["additionalProperties"]["oneOf"].as_array();
    let types: Vec<String> = types
        .expect("a parameter for each type")
        .iter()
        .map(|schema| {
            let fields = schema["properties"].as_object().expect("fields").keys();
            let fields: Vec<_> = fields.map(String::as_str).collect();
            format!("{}: {}", schema["properties"]["type"]["enum"], fields.join(", "))
        })
        .collect();
    insta::assert_snapshot!(types.join("\n"), @r#"
    ["string"]: description, enum, required, type
    ["integer"]: description, enum, maximum, minimum, required, type
    ["number"]: description, enum, maximum, minimum, required, type
    ["boolean"]: description, enum, required, type
    "#);

    let (_, document) = datastorage.get("/openapi.json").await;
    let schemas = &document["components"]["schemas"];
    for (component, words) in [
        ("Priority", Priority::VARIANTS),
        ("WorkflowStatus", WorkflowStatus::VARIANTS),
        ("StepType", StepType::VARIANTS),
    ] {
        assert_eq!(schemas[component]["enum"], json!(words), "{component}");
    }
    let priority = &schemas["Labels"]["properties"]["priority"]["enum"];
    assert_eq!(*priority, json!(["P0", "P1", "P2", "P3", "*"]));
}

/// Both are pages, and components of one name would hide each other.
#[tokio::test]
async fn each_list_describes_its_own_entries() {
    let datastorage = TestService::new().await;
    let (_, document) = datastorage.get("/openapi.json").await;
    for (path, id) in [(WORKFLOWS, "workflow_id"), ("/api/v1/audit/events", "event_id")] {
        let answer = &document["paths"][path]["get"]["responses"]["200"];
        let page = &answer["content"]["application/json"]["schema"];
        let schemas = &document["components"]["schemas"];
        let (fields, _) = fields_of(schemas, page);
        let (entry, _) = fields_of(schemas, &fields["data"]["items"]);
        assert!(entry.contains_key(id), "{path}: {entry:?}");
    }
}
