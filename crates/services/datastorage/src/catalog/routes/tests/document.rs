//! The document says what the service does: every bound of every request body
//! stands in the document and in the code that reads it.

use axum::http::StatusCode;
use datastorage_client::{Priority, StepType, WorkflowStatus};
use serde_json::{Value, json};

use super::{WORKFLOWS, create, fields, path_of};
use crate::catalog::testing::{sent, signal, with};
use crate::testing::Bench;

/// A value with just so many characters that keeps the field's pattern.
fn text(length: u64) -> Value {
    json!("x".repeat(usize::try_from(length).expect("a length")))
}

async fn schema(bench: &Bench, name: &str) -> Value {
    let (_, document) = bench.get("/openapi.json").await;
    document["components"]["schemas"][name].clone()
}

/// Sends the body with each field just within its documented bounds, just
/// beyond them, null, and with one field too many.
async fn check_bounds(bench: &Bench, name: &str, method: &str, path: &str, good: &Value) {
    let schema = schema(bench, name).await;
    assert_eq!(schema["additionalProperties"], false, "{name}");
    let required = schema["required"].as_array().expect("required fields").clone();
    for (field, rules) in schema["properties"].as_object().expect("properties") {
        let nullable = rules["type"].as_array().is_some_and(|it| it.contains(&json!("null")));
        let mut cases = vec![(Value::Null, nullable)];
        assert_eq!(nullable, !required.contains(&json!(field)), "{name}.{field}");
        let is = |kind: &str| {
            rules["type"] == kind || rules["type"].as_array().is_some_and(|it| it[0] == kind)
        };
        if let (true, Some(longest)) = (is("string"), rules["maxLength"].as_u64()) {
            assert_eq!(rules["minLength"], 1, "{name}.{field}");
            cases.extend([(text(1), true), (text(longest), true)]);
            cases.extend([(text(0), false), (text(longest + 1), false)]);
        }
        if let (Some(least), Some(most)) = (rules["minimum"].as_i64(), rules["maximum"].as_i64()) {
            cases.extend([(json!(least), true), (json!(most), true)]);
            cases.extend([(json!(least - 1), false), (json!(most + 1), false)]);
        }
        if let (true, Some(most)) = (is("object"), rules["maxProperties"].as_u64()) {
            let value =
                if field == "parameters" { json!({ "type": "string" }) } else { json!("x") };
            let entries = |count: u64| -> Value {
                (0..count).map(|it| (format!("k{it}"), value.clone())).collect()
            };
            cases.extend([(entries(0), true), (entries(most), true), (entries(most + 1), false)]);
            let longest = rules["propertyNames"]["maxLength"].as_u64().expect("a length");
            let named = |length| json!({ (text(length).as_str().expect("text")): value });
            cases.extend([(named(longest), true), (named(longest + 1), false), (named(0), false)]);
        }
        for (value, accepted) in cases {
            // Versions are created once, so that each gets a name of its own.
            let mut body = good.clone();
            if method == "POST" && name == "NewWorkflow" && field != "version" {
                body["version"] = json!(uuid::Uuid::now_v7());
            }
            body[field] = value;
            let (status, answer) = bench.send(method, path, Some(&body)).await;
            assert_eq!(status.is_success(), accepted, "{name} with {body}: {answer}");
            if !accepted {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{name} with {body}: {answer}");
                let named = fields(&answer).iter().all(|it| it.starts_with(field));
                assert!(named, "{name} with {body}: {answer}");
            }
        }
    }
    let more = with(good.clone(), "colour", Value::Null);
    assert_eq!(bench.send(method, path, Some(&more)).await.0, StatusCode::BAD_REQUEST, "{name}");
}

#[tokio::test]
async fn the_bounds_of_a_new_workflow_are_those_of_the_document() {
    let bench = Bench::new().await;
    check_bounds(&bench, "NewWorkflow", "POST", WORKFLOWS, &sent("restart-pod", "1")).await;
}

#[tokio::test]
async fn the_bounds_of_a_change_are_those_of_the_document() {
    let bench = Bench::new().await;
    let path = path_of(&create(&bench, &sent("a", "1")).await);
    let change = json!({ "status": "disabled", "status_reason": "x" });
    check_bounds(&bench, "StatusChange", "PATCH", &path, &change).await;
}

#[tokio::test]
async fn the_bounds_of_a_search_are_those_of_the_document() {
    let bench = Bench::new().await;
    let path = format!("{WORKFLOWS}/search");
    check_bounds(&bench, "WorkflowSearch", "POST", &path, &signal()).await;
}

#[tokio::test]
async fn the_document_describes_what_a_derive_cannot() {
    let bench = Bench::new().await;
    let new = schema(&bench, "NewWorkflow").await;
    insta::assert_snapshot!(
        new["required"],
        @r#"["name","version","title","description","labels","content"]"#
    );
    let steps = ["minItems", "maxItems"].map(|it| new["properties"]["content"][it].clone());
    assert_eq!(steps, [1, 50]);
    let types = new["properties"]["parameters"]["additionalProperties"]["oneOf"].clone();
    let types: Vec<String> = types
        .as_array()
        .expect("a parameter for each type")
        .iter()
        .map(|it| {
            let fields = it["properties"].as_object().expect("fields").keys();
            let fields: Vec<_> = fields.map(String::as_str).collect();
            format!("{}: {}", it["properties"]["type"]["enum"], fields.join(", "))
        })
        .collect();
    insta::assert_snapshot!(types.join("\n"), @r#"
    ["string"]: description, enum, required, type
    ["integer"]: description, enum, maximum, minimum, required, type
    ["number"]: description, enum, maximum, minimum, required, type
    ["boolean"]: description, enum, required, type
    "#);
    for (component, words) in [
        ("Priority", Priority::WORDS),
        ("WorkflowStatus", WorkflowStatus::WORDS),
        ("StepType", StepType::WORDS),
    ] {
        assert_eq!(schema(&bench, component).await["enum"], json!(words), "{component}");
    }
    let priority = schema(&bench, "Labels").await["properties"]["priority"]["enum"].clone();
    assert_eq!(priority, json!(["P0", "P1", "P2", "P3", "*"]));
    assert_eq!(schema(&bench, "Step").await["required"], json!(["type"]));
}
