//! Storing events.

use axum::http::StatusCode;
use serde_json::json;

use crate::testing::{TestService, event, with};

#[tokio::test]
async fn an_event_is_stored_and_read_back() {
    let datastorage = TestService::new().await;
    let sent = event("rr-1");

    let (status, receipt) = datastorage.post(&sent).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    assert_eq!(receipt["event_id"], sent["event_id"]);

    let path = format!("/api/v1/audit/events/{}", sent["event_id"].as_str().expect("an id"));
    let (status, stored) = datastorage.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{stored}");
    assert_eq!(stored, with(sent, "recorded_at", receipt["recorded_at"].clone()));
}

#[tokio::test]
async fn an_id_is_made_if_none_is_sent() {
    let datastorage = TestService::new().await;
    let mut sent = event("rr-1");
    sent.as_object_mut().expect("an object").remove("event_id");
    let (first, _) = datastorage.post(&sent).await;
    let (second, _) = datastorage.post(&sent).await;
    assert_eq!((first, second), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(datastorage.total("rr-1").await, 2);
}

#[tokio::test]
async fn an_event_sent_twice_is_stored_once_and_counted_once() {
    let datastorage = TestService::new().await;
    let sent = event("rr-1");
    let first = datastorage.post(&sent).await;
    let second = datastorage.post(&sent).await;
    assert_eq!(first, second);
    assert_eq!(datastorage.total("rr-1").await, 1);
    let metrics = datastorage.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_audit_events_stored_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn one_id_with_other_content_is_a_conflict() {
    let datastorage = TestService::new().await;
    let sent = event("rr-1");
    datastorage.post(&sent).await;

    let (status, problem) = datastorage.post(&with(sent.clone(), "event_action", json!("x"))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:problem:conflict");
    assert_eq!(problem["errors"][0]["field"], "event_id");

    let batch = json!([event("rr-1"), with(sent, "event_data", json!(2))]);
    let (status, problem) = datastorage.batch(&batch).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["errors"][0]["field"], "[1].event_id");
    assert_eq!(datastorage.total("rr-1").await, 1);
}

#[tokio::test]
async fn a_parent_must_be_there() {
    let datastorage = TestService::new().await;
    let parent = event("rr-1");
    let child = with(event("rr-1"), "parent_event_id", parent["event_id"].clone());

    let (status, problem) = datastorage.post(&child).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"][0]["field"], "parent_event_id");

    let (status, problem) = datastorage.batch(&json!([event("rr-1"), child, parent])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"].as_array().expect("errors").len(), 1);
    assert_eq!(problem["errors"][0]["field"], "[1].parent_event_id");

    let (status, _) = datastorage.batch(&json!([parent, child])).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(datastorage.total("rr-1").await, 2);
}

#[tokio::test]
async fn a_batch_is_stored_as_a_whole_in_the_order_of_the_answer() {
    let datastorage = TestService::new().await;
    let events = vec![event("rr-1"), event("rr-1"), event("rr-1")];
    let (status, receipt) = datastorage.batch(&json!(events)).await;
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let sent: Vec<_> = events.iter().map(|event| event["event_id"].clone()).collect();
    assert_eq!(receipt, json!({ "event_ids": sent }));
    assert_eq!(datastorage.total("rr-1").await, 3);
}

#[tokio::test]
async fn a_batch_with_a_bad_event_stores_nothing() {
    let datastorage = TestService::new().await;
    let batch = json!([event("rr-1"), with(event("rr-1"), "severity", json!("warning"))]);
    let (status, problem) = datastorage.batch(&batch).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        problem["errors"],
        json!([{ "field": "[1].severity", "message": "must be one of critical, high, medium, low" }])
    );
    assert_eq!(datastorage.total("rr-1").await, 0);
}
