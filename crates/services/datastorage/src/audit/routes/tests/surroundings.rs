//! The OpenAPI document.

use axum::http::StatusCode;
use contract::datastorage::*;
use contract::strum::VariantNames as _;
use serde_json::json;

use crate::testing::TestService;

#[tokio::test]
async fn the_openapi_document_has_every_operation() {
    let datastorage = TestService::new().await;
    let (status, document) = datastorage.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        kit::document::calls(&document, "/api/"),
        contract::calls!(
            ChangeWorkflow,
            CreateEvent,
            CreateEvents,
            CreateWorkflow,
            GetEvent,
            GetWorkflow,
            ListEvents,
            ListWorkflowVersions,
            ListWorkflows,
            SearchWorkflows
        ),
    );
    let schema = &document["components"]["schemas"]["NewEventInput"];
    insta::assert_snapshot!(schema["required"], @r#"["version","event_type","event_timestamp","event_category","event_action","event_outcome","correlation_id","event_data"]"#);
    let schema = |path: &str, status: &str| {
        let answer = &document["paths"][path]["post"]["responses"][status];
        let name = answer["content"]["application/json"]["schema"]["$ref"].as_str();
        let name = name.and_then(|reference| reference.rsplit('/').next()).expect("a named schema");
        let schema = &document["components"]["schemas"][name];
        let fields = schema["properties"].as_object().expect("fields").keys();
        let fields = fields.cloned().collect::<Vec<_>>().join(", ");
        format!("{status} {name}: {fields}; required {}", schema["required"])
    };
    let answers = [
        schema("/api/v1/audit/events", "201"),
        schema("/api/v1/audit/events", "202"),
        schema("/api/v1/audit/events/batch", "201"),
        schema("/api/v1/audit/events/batch", "202"),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    201 StoredReceipt: event_id, recorded_at; required ["event_id","recorded_at"]
    202 SpooledReceipt: event_id, status; required ["event_id","status"]
    201 StoredBatch: event_ids; required ["event_ids"]
    202 SpooledBatch: event_ids, status; required ["event_ids","status"]
    "#);
    let status = &document["components"]["schemas"]["SpoolStatus"];
    insta::assert_snapshot!(status["enum"], @r#"["spooled"]"#);
    let parameters = &document["paths"]["/api/v1/audit/events"]["get"]["parameters"];
    let parameters: Vec<String> = parameters
        .as_array()
        .expect("parameters")
        .iter()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| {
            format!("{} {} {}", parameter["name"], parameter["required"], parameter["schema"])
        })
        .collect();
    insta::assert_snapshot!(parameters.join("\n"), @r#"
    "event_type" false {"maxLength":100,"minLength":1,"pattern":"^[^\\u0000]*$","type":"string"}
    "event_category" false {"description":"Which part of the pipeline an event is about.","enum":["gateway","notification","analysis","signalprocessing","workflow","orchestration","storage"],"type":"string"}
    "event_outcome" false {"description":"How the action ended.","enum":["success","failure","pending"],"type":"string"}
    "severity" false {"description":"How bad it is, in the words that are used inside the pipeline.","enum":["critical","high","medium","low"],"type":"string"}
    "correlation_id" false {"maxLength":255,"minLength":1,"pattern":"^[^\\u0000]*$","type":"string"}
    "resource_type" false {"maxLength":100,"minLength":1,"pattern":"^[^\\u0000]*$","type":"string"}
    "resource_id" false {"maxLength":255,"minLength":1,"pattern":"^[^\\u0000]*$","type":"string"}
    "since" false {"oneOf":[{"pattern":"^([0-9]{1,10}s|[0-9]{1,8}m|[0-9]{1,6}h|[0-9]{1,6}d)$","type":"string"},{"format":"date-time","type":"string"}],"x-message":"must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z; in a query `+` is written as %2B"}
    "until" false {"oneOf":[{"pattern":"^([0-9]{1,10}s|[0-9]{1,8}m|[0-9]{1,6}h|[0-9]{1,6}d)$","type":"string"},{"format":"date-time","type":"string"}],"x-message":"must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z; in a query `+` is written as %2B"}
    "limit" false {"format":"int32","maximum":1000,"minimum":1,"type":"integer"}
    "offset" false {"format":"int64","maximum":9223372036854775807,"minimum":0,"type":"integer"}
    "#);
}

#[tokio::test]
async fn the_document_has_the_words_that_are_read() {
    let datastorage = TestService::new().await;
    let (_, document) = datastorage.get("/openapi.json").await;
    for (component, words) in [
        ("Category", Category::VARIANTS),
        ("Outcome", Outcome::VARIANTS),
        ("Severity", Severity::VARIANTS),
    ] {
        assert_eq!(document["components"]["schemas"][component]["enum"], json!(words));
    }
}
