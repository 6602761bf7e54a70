//! The database that goes away, and the document about it all.

use axum::http::StatusCode;
use kit::database::Database;

use crate::testing::{Bench, event, open};

#[tokio::test]
async fn a_database_that_is_away_is_a_503_and_shows_until_it_is_back() {
    let bench = Bench::new().await;
    let Database::Sqlite(other) = open(&bench.folder).database;
    let lock = other.begin().await.expect("the write lock");

    let (status, problem) = bench.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert_eq!(problem["type"], "urn:problem:service-unavailable");
    assert_eq!(bench.service.readiness.degraded(), ["database"]);
    assert_eq!(bench.total("rr-1").await, 0, "reading goes on");

    lock.rollback().await.expect("released");
    let (status, _) = bench.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(bench.service.readiness.degraded().is_empty());
}

#[tokio::test]
async fn the_openapi_document_has_every_operation() {
    let bench = Bench::new().await;
    let (status, document) = bench.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    let operations: Vec<String> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(path, _)| path.starts_with("/api/"))
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").keys();
            methods.map(move |method| format!("{method} {path}")).collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(operations.join("\n"), @r#"
    get /api/v1/audit/events
    post /api/v1/audit/events
    post /api/v1/audit/events/batch
    get /api/v1/audit/events/{event_id}
    get /api/v1/workflows
    post /api/v1/workflows
    get /api/v1/workflows/by-name/{name}/versions
    post /api/v1/workflows/search
    get /api/v1/workflows/{workflow_id}
    patch /api/v1/workflows/{workflow_id}
    "#);
    let schema = &document["components"]["schemas"]["NewEvent"];
    insta::assert_snapshot!(schema["required"], @r#"["version","event_type","event_timestamp","event_category","event_action","event_outcome","correlation_id","event_data"]"#);
    let parameters = &document["paths"]["/api/v1/audit/events"]["get"]["parameters"];
    let parameters: Vec<String> = parameters
        .as_array()
        .expect("parameters")
        .iter()
        .map(|it| format!("{} {} {}", it["name"], it["required"], it["schema"]))
        .collect();
    insta::assert_snapshot!(parameters.join("\n"), @r##"
    "event_type" false {"maxLength":100,"minLength":1,"type":"string"}
    "event_category" false {"$ref":"#/components/schemas/Category"}
    "event_outcome" false {"$ref":"#/components/schemas/Outcome"}
    "severity" false {"$ref":"#/components/schemas/Severity"}
    "correlation_id" false {"maxLength":255,"minLength":1,"type":"string"}
    "resource_type" false {"maxLength":100,"minLength":1,"type":"string"}
    "resource_id" false {"maxLength":255,"minLength":1,"type":"string"}
    "since" false {"type":"string"}
    "until" false {"type":"string"}
    "limit" false {"format":"int32","maximum":1000,"minimum":1,"type":"integer"}
    "offset" false {"format":"int64","maximum":9223372036854775807,"minimum":0,"type":"integer"}
    "##);
}
