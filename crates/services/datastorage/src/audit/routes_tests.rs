use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use datastorage_client::{Category, Essentials, Outcome};
use kit::database::Database;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

use super::*;
use crate::store::Store;

/// The service on a database of its own.
struct Bench {
    app: Router,
    service: kit::Service,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        store.database.migrate(std::time::Duration::from_secs(20)).await.expect("migrated");
        let service = kit::Service::for_tests(kit::package!());
        let app = crate::app(&service, State::new(&service, store));
        Self { app, service, folder }
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response =
            self.app.clone().oneshot(request.expect("a request")).await.expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events", Some(body)).await
    }

    async fn batch(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events/batch", Some(body)).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, None).await
    }

    async fn total(&self, correlation_id: &str) -> Value {
        let (status, page) =
            self.get(&format!("/api/v1/audit/events?correlation_id={correlation_id}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["pagination"]["total"].clone()
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}", folder.path().join("trail.db").display());
    Store::new(url.parse().expect("a good URL"))
}

fn event(correlation_id: &str) -> Value {
    let event = NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id,
        data: json!({ "n": 1 }),
    });
    serde_json::to_value(event).expect("serializable")
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

#[tokio::test]
async fn an_event_is_stored_and_read_back() {
    let bench = Bench::new().await;
    let sent = event("rr-1");

    let (status, receipt) = bench.post(&sent).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    assert_eq!(receipt["event_id"], sent["event_id"]);

    let path = format!("/api/v1/audit/events/{}", sent["event_id"].as_str().expect("an id"));
    let (status, stored) = bench.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{stored}");
    assert_eq!(stored, with(sent, "recorded_at", receipt["recorded_at"].clone()));
}

#[tokio::test]
async fn an_id_is_made_if_none_is_sent() {
    let bench = Bench::new().await;
    let mut sent = event("rr-1");
    sent.as_object_mut().expect("an object").remove("event_id");
    let (first, _) = bench.post(&sent).await;
    let (second, _) = bench.post(&sent).await;
    assert_eq!((first, second), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(bench.total("rr-1").await, 2);
}

#[tokio::test]
async fn an_event_sent_twice_is_stored_once_and_counted_once() {
    let bench = Bench::new().await;
    let sent = event("rr-1");
    let first = bench.post(&sent).await;
    let second = bench.post(&sent).await;
    assert_eq!(first, second);
    assert_eq!(bench.total("rr-1").await, 1);
    let metrics = bench.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_audit_events_stored_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn one_id_with_other_content_is_a_conflict() {
    let bench = Bench::new().await;
    let sent = event("rr-1");
    bench.post(&sent).await;

    let (status, problem) = bench.post(&with(sent.clone(), "event_action", json!("x"))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:problem:conflict");
    assert_eq!(problem["errors"][0]["field"], "event_id");

    let batch = json!([event("rr-1"), with(sent, "event_data", json!(2))]);
    let (status, problem) = bench.batch(&batch).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["errors"][0]["field"], "[1].event_id");
    assert_eq!(bench.total("rr-1").await, 1);
}

#[tokio::test]
async fn a_parent_must_be_there() {
    let bench = Bench::new().await;
    let parent = event("rr-1");
    let child = with(event("rr-1"), "parent_event_id", parent["event_id"].clone());

    let (status, problem) = bench.post(&child).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"][0]["field"], "parent_event_id");

    let (status, problem) = bench.batch(&json!([event("rr-1"), child, parent])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"].as_array().expect("errors").len(), 1);
    assert_eq!(problem["errors"][0]["field"], "[1].parent_event_id");

    let (status, _) = bench.batch(&json!([parent, child])).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(bench.total("rr-1").await, 2);
}

#[tokio::test]
async fn a_batch_is_stored_as_a_whole_in_the_order_of_the_answer() {
    let bench = Bench::new().await;
    let events = vec![event("rr-1"), event("rr-1"), event("rr-1")];
    let (status, receipt) = bench.batch(&json!(events)).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let sent: Vec<_> = events.iter().map(|it| it["event_id"].clone()).collect();
    assert_eq!(receipt, json!({ "event_ids": sent }));
    assert_eq!(bench.total("rr-1").await, 3);
}

#[tokio::test]
async fn a_batch_with_a_bad_event_stores_nothing() {
    let bench = Bench::new().await;
    let batch = json!([event("rr-1"), with(event("rr-1"), "severity", json!("warning"))]);
    let (status, problem) = bench.batch(&batch).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        problem["errors"],
        json!([{ "field": "[1].severity", "message": "must be one of critical, high, medium, low" }])
    );
    assert_eq!(bench.total("rr-1").await, 0);
}

#[tokio::test]
async fn pages_are_newest_first_and_say_whether_there_is_more() {
    let bench = Bench::new().await;
    let now = OffsetDateTime::now_utc();
    let at = |seconds| {
        let moment = now - time::Duration::seconds(seconds);
        let text = moment.format(&time::format_description::well_known::Rfc3339);
        with(event("rr-1"), "event_timestamp", json!(text.expect("a time")))
    };
    let events = vec![at(30), at(10), at(20)];
    bench.batch(&json!(events)).await;

    let (_, page) = bench.get("/api/v1/audit/events?correlation_id=rr-1&limit=2").await;
    assert_eq!(page["data"][0]["event_id"], events[1]["event_id"]);
    assert_eq!(page["data"][1]["event_id"], events[2]["event_id"]);
    assert_eq!(
        page["pagination"],
        json!({ "limit": 2, "offset": 0, "total": 3, "has_more": true })
    );

    let (_, page) = bench.get("/api/v1/audit/events?correlation_id=rr-1&limit=2&offset=2").await;
    assert_eq!(page["data"][0]["event_id"], events[0]["event_id"]);
    assert_eq!(
        page["pagination"],
        json!({ "limit": 2, "offset": 2, "total": 3, "has_more": false })
    );

    let (_, page) = bench.get("/api/v1/audit/events?correlation_id=rr-1&since=25s&until=15s").await;
    assert_eq!(page["pagination"]["total"], 1);
    assert_eq!(page["data"][0]["event_id"], events[2]["event_id"]);
}

#[tokio::test]
async fn a_filter_that_does_not_exist_is_refused_and_not_ignored() {
    let bench = Bench::new().await;
    let (status, problem) = bench.get("/api/v1/audit/events?corelation_id=rr-1").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"][0]["field"], "corelation_id");
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_found_and_a_bad_id_is_bad_input() {
    let bench = Bench::new().await;
    let (status, problem) = bench.get(&format!("/api/v1/audit/events/{}", Uuid::nil())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["type"], "urn:problem:not-found");
    let (status, _) = bench.get("/api/v1/audit/events/7").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

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
