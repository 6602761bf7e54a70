//! Searching, and the audit event of a search.

use axum::body::to_bytes;
use axum::http::StatusCode;
use contract::datastorage::NewEvent;
use kit::check::Schema;
use serde_json::{Value, json};

use super::{WORKFLOWS, create};
use crate::catalog::testing::{sent, signal, with};
use crate::testing::TestService;

async fn search(datastorage: &TestService, signal: &Value) -> Value {
    let (status, found) =
        datastorage.send("POST", &format!("{WORKFLOWS}/search"), Some(signal)).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    found
}

/// Events of a correlation.
async fn events(datastorage: &TestService, correlation_id: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit/events?correlation_id={correlation_id}");
    datastorage.get(&path).await.1["data"].as_array().expect("events").clone()
}

#[tokio::test]
async fn what_fits_is_ranked_with_score_and_summary() {
    let datastorage = TestService::new().await;
    let general =
        create(&datastorage, &with(sent("general", "1"), "labels.environment", json!("*"))).await;
    let special = create(&datastorage, &sent("special", "1")).await;
    create(&datastorage, &with(sent("other", "1"), "labels.severity", json!("low"))).await;

    let summary = |workflow: &Value| {
        let mut summary = workflow.clone();
        summary.as_object_mut().expect("an object").remove("content");
        summary
    };
    assert_eq!(
        search(&datastorage, &signal()).await,
        json!({
            "data": [
                { "rank": 1, "score": 0.9, "workflow": summary(&special) },
                { "rank": 2, "score": 0.8, "workflow": summary(&general) },
            ],
            "total": 2,
        })
    );
    let nothing = search(&datastorage, &with(signal(), "component", json!("node"))).await;
    assert_eq!(nothing, json!({ "data": [], "total": 0 }));
}

#[tokio::test]
async fn a_search_is_in_the_trail_with_what_it_found() {
    let datastorage = TestService::new().await;
    let created = create(&datastorage, &sent("a", "1")).await;
    let mut signal = signal();
    signal["correlation_id"] = json!("rr-1");
    signal["min_score"] = json!(0.25);
    signal["custom_labels"] = json!({ "team": "payments" });
    search(&datastorage, &signal).await;
    search(&datastorage, &with(signal.clone(), "severity", json!("low"))).await;

    let events = events(&datastorage, "rr-1").await;

    assert_eq!(events.len(), 2);
    let (second, first) = (&events[0], &events[1]);
    let mut data = signal;
    data.as_object_mut().expect("an object").remove("correlation_id");
    data["detected_labels"] = json!({});
    data["top_k"] = json!(10);
    data["total"] = json!(1);
    data["workflows"] = json!([{
        "rank": 1,
        "score": 0.9,
        "workflow_id": created["workflow_id"],
        "name": "a",
        "version": "1",
    }]);
    assert_eq!(first["event_data"], data);
    let words = [
        "event_type",
        "event_category",
        "event_action",
        "event_outcome",
        "severity",
        "actor_type",
        "actor_id",
    ]
    .map(|field| first[field].as_str().expect("text"));
    assert_eq!(
        words,
        [
            "workflow.catalog.search_completed",
            "workflow",
            "search_completed",
            "success",
            "critical",
            "service",
            "datastorage",
        ]
    );
    assert!(first["duration_ms"].is_u64());
    assert_eq!((&second["event_data"]["total"], &second["severity"]), (&json!(0), &json!("low")));
}

#[tokio::test]
async fn without_a_correlation_the_trail_has_the_request_id() {
    let datastorage = TestService::new().await;
    let path = format!("{WORKFLOWS}/search");
    let answer =
        datastorage.response("POST", &path, Some(&signal()), &[("x-request-id", "req-1")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(events(&datastorage, "req-1").await.len(), 1);
}

#[tokio::test]
async fn a_search_that_is_refused_is_not_in_the_trail() {
    let datastorage = TestService::new().await;
    let mut bad = with(signal(), "correlation_id", json!("rr-1"));
    bad["top_k"] = json!(0);
    let (status, _) = datastorage.send("POST", &format!("{WORKFLOWS}/search"), Some(&bad)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(events(&datastorage, "rr-1").await.is_empty());
}

#[tokio::test]
async fn a_search_is_answered_once_its_event_is_safe() {
    let datastorage = TestService::with_spool(2).await;
    create(&datastorage, &sent("a", "1")).await;
    let signal = with(signal(), "correlation_id", json!("rr-1"));
    search(&datastorage, &signal).await;
    assert_eq!(datastorage.total("rr-1").await, 1, "it is stored when the answer comes");

    let lock = datastorage.lock_database().await;
    for depth in 1..=2 {
        assert_eq!(search(&datastorage, &signal).await["total"], 1);
        datastorage.until_metric("datastorage_spool_depth", depth).await;
    }
    // Neither the database nor the spool takes it.
    let path = format!("{WORKFLOWS}/search");
    let (status, problem) = datastorage.send("POST", &path, Some(&signal)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");

    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
    assert_eq!(datastorage.total("rr-1").await, 3);
}

#[tokio::test]
async fn the_largest_event_of_a_search_keeps_the_rules_of_the_trail() {
    let datastorage = TestService::new().await;
    // A control character takes six bytes in JSON, more than any other.
    let long = |characters: usize| "\u{1}".repeat(characters);
    let labels: Value =
        (0..20).map(|number| (format!("{number:02}{}", long(61)), json!(long(63)))).collect();
    let mut signal = signal();
    for label in ["signal_type", "component", "environment"] {
        signal[label] = json!(long(100));
    }
    signal["correlation_id"] = json!("rr-1");
    signal["custom_labels"] = labels.clone();
    signal["detected_labels"] = labels;
    signal["top_k"] = json!(100);
    for number in 0..100 {
        let mut sent = sent(&format!("{number:0>63}"), &"9".repeat(64));
        sent["labels"] = json!({
            "signal_type": "*", "severity": "*", "component": "*", "environment": "*",
            "priority": "*",
        });
        create(&datastorage, &sent).await;
    }
    let answer =
        datastorage.response("POST", &format!("{WORKFLOWS}/search"), Some(&signal), &[]).await;
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    let found: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(found["data"].as_array().map(Vec::len), Some(100));

    let mut event = events(&datastorage, "rr-1").await.remove(0);
    event.as_object_mut().expect("an object").remove("recorded_at");
    let event = Schema::of::<NewEvent>().read(event);
    event.and_then(crate::audit::input::event).expect("an event that a client could send");
}
