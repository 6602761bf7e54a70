//! The typed calls of the catalog against a real socket.

use contract::datastorage::{
    LabelPattern, NewWorkflow, Priority, Severity, StatusChange, WorkflowQuery, WorkflowSearch,
    WorkflowStatus,
};
use datastorage_client::{Client, ClientError};
use serde_json::{Value, json};
use uuid::Uuid;

use testing::FakePeer;

fn new() -> Value {
    json!({
        "name": "restart-pod",
        "version": "1.0.0",
        "title": "Restart the pod",
        "description": "Deletes the pod.",
        "owner": "sre",
        "labels": {
            "signal_type": "OOMKilled", "severity": "critical", "component": "*",
            "environment": "production", "priority": "*",
        },
        "custom_labels": { "team": "*" },
        "detected_labels": {},
        "parameters": { "n": { "type": "integer", "required": true, "minimum": 1 } },
        "content": [{ "type": "http", "url": "http://a" }, { "type": "wait" }],
    })
}

fn stored() -> Value {
    let mut stored = new();
    stored["workflow_id"] = json!(Uuid::nil());
    stored["content_hash"] = json!("0".repeat(64));
    stored["status"] = json!("active");
    stored["is_latest"] = json!(true);
    stored["created_at"] = json!("2026-01-02T03:04:05.000006Z");
    stored["updated_at"] = json!("2026-01-02T03:04:05.000006Z");
    stored
}

fn summary() -> Value {
    let mut summary = stored();
    summary.as_object_mut().expect("an object").remove("content");
    summary
}

fn page() -> Value {
    let pagination = json!({ "limit": 100, "offset": 0, "total": 1, "has_more": false });
    json!({ "data": [summary()], "pagination": pagination })
}

async fn start() -> (FakePeer, Client) {
    let server = FakePeer::start().await;
    let client = Client::new(&server.url).expect("an address");
    (server, client)
}

#[tokio::test]
async fn create_posts_the_workflow_and_reads_what_is_kept() {
    let (server, client) = start().await;
    server.will_answer(201, stored());
    let workflow: NewWorkflow = serde_json::from_value(new()).expect("a workflow");

    let created = client.create_workflow(&workflow).await.expect("created");

    assert_eq!(serde_json::to_value(&created).expect("serializable"), stored());
    let call = &server.calls()[0];
    assert_eq!((call.method.as_str(), call.path_and_query.as_str()), ("POST", "/api/v1/workflows"));
    assert_eq!(call.body, new());
}

#[tokio::test]
async fn a_version_that_is_taken_is_a_refusal() {
    let (server, client) = start().await;
    server.will_answer(409, json!({ "detail": "there is a workflow restart-pod with version 1" }));
    let workflow: NewWorkflow = serde_json::from_value(new()).expect("a workflow");
    let error = client.create_workflow(&workflow).await.expect_err("refused");
    assert!(error.is_permanent(), "{error}");
    assert!(matches!(error, ClientError::Refused { status: 409, .. }), "{error:?}");
}

#[tokio::test]
async fn lists_escape_their_filters() {
    let (server, client) = start().await;
    server.will_answer(200, page());
    server.will_answer(200, page());
    let query = WorkflowQuery {
        name: Some("restart-pod".to_owned()),
        status: Some(WorkflowStatus::Active),
        is_latest: Some(true),
        signal_type: Some(LabelPattern::Only("a&b c".to_owned())),
        severity: Some(LabelPattern::Only(Severity::High)),
        environment: Some(LabelPattern::Any),
        priority: Some(LabelPattern::Only(Priority::P2)),
        limit: Some(5),
        offset: Some(10),
        ..WorkflowQuery::default()
    };
    let listed = client.workflows(&query).await.expect("a page");
    let versions = client.workflow_versions("../a b?", 7).await.expect("a page");

    assert_eq!(versions.as_ref(), Some(&listed));
    assert_eq!(serde_json::to_value(&listed.data).expect("serializable"), json!([summary()]));
    let calls: Vec<_> = server.calls().into_iter().map(|call| call.path_and_query).collect();
    assert_eq!(
        calls,
        [
            "/api/v1/workflows?name=restart-pod&status=active&is_latest=true\
             &signal_type=a%26b+c&severity=high&environment=*&priority=P2&limit=5&offset=10",
            "/api/v1/workflows/by-name/..%2Fa%20b%3F/versions?offset=7",
        ]
    );
}

#[tokio::test]
async fn a_missing_workflow_is_none() {
    let (server, client) = start().await;
    for _ in 0..3 {
        server.will_answer(404, json!({ "type": "urn:problem:not-found", "status": 404 }));
    }
    let change =
        StatusChange { status: WorkflowStatus::Disabled, status_reason: "it loops".to_owned() };
    let id = Uuid::nil();
    assert_eq!(client.workflow(id).await.expect("an answer"), None);
    assert_eq!(client.set_workflow_status(id, &change).await.expect("an answer"), None);
    assert_eq!(client.workflow_versions("a", 0).await.expect("an answer"), None);

    let calls = server.calls();
    assert_eq!(calls[0].path_and_query, format!("/api/v1/workflows/{id}"));
    assert_eq!(
        (calls[1].method.as_str(), &calls[1].path_and_query),
        ("PATCH", &calls[0].path_and_query)
    );
    assert_eq!(calls[1].body, json!({ "status": "disabled", "status_reason": "it loops" }));
}

#[tokio::test]
async fn a_search_posts_the_signal_and_reads_the_ranking() {
    let (server, client) = start().await;
    let found = json!({ "data": [{ "rank": 1, "score": 0.9, "workflow": summary() }], "total": 3 });
    server.will_answer(200, found.clone());
    let signal = json!({
        "signal_type": "OOMKilled", "severity": "critical", "component": "pod",
        "environment": "production", "priority": "P0",
        "custom_labels": { "team": "payments" }, "min_score": 0.5, "top_k": 3,
    });
    let search: WorkflowSearch = serde_json::from_value(signal.clone()).expect("a search");

    let answer = client.search_workflows(&search).await.expect("an answer");

    assert_eq!(serde_json::to_value(&answer).expect("serializable"), found);
    let call = &server.calls()[0];
    assert_eq!(call.path_and_query, "/api/v1/workflows/search");
    assert_eq!(call.body, signal);
}
