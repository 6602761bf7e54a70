//! Outages of the database.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::spool::testing::open_spool;
use crate::testing::{TestService, event, with};

fn path(event: &Value) -> String {
    format!("/api/v1/audit/events/{}", event["event_id"].as_str().expect("an id"))
}

#[tokio::test]
async fn events_are_spooled_while_the_database_is_unavailable_and_stored_later() {
    let datastorage = TestService::new().await;
    let lock = datastorage.lock_database().await;
    let (single, first, second) = (event("rr-1"), event("rr-1"), event("rr-1"));

    let answer = datastorage.post(&single).await;
    let receipt = json!({ "event_id": single["event_id"], "status": "spooled" });
    assert_eq!(answer, (StatusCode::ACCEPTED, receipt));
    let answer = datastorage.batch(&json!([first, second])).await;
    let ids = json!([first["event_id"], second["event_id"]]);
    let receipt = json!({ "event_ids": ids, "status": "spooled" });
    assert_eq!(answer, (StatusCode::ACCEPTED, receipt));

    assert_eq!(datastorage.service.readiness.degraded(), ["database"]);
    assert_eq!(datastorage.total("rr-1").await, 0, "reading goes on, of what is in the trail");
    let (status, _) = datastorage.get(&path(&single)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    datastorage.until_metric("datastorage_spool_depth", 3).await;
    datastorage.until_metric("datastorage_spool_spooled_total", 3).await;
    datastorage.until_metric("datastorage_audit_events_stored_total", 0).await;

    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
    datastorage.until_metric("datastorage_spool_replayed_total", 3).await;
    datastorage.until_metric("datastorage_audit_events_stored_total", 3).await;
    datastorage.until_metric("datastorage_spool_age_seconds", 0).await;
    assert!(datastorage.service.readiness.degraded().is_empty());
    for sent in [single, first, second] {
        let (status, stored) = datastorage.get(&path(&sent)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(stored, with(sent, "recorded_at", stored["recorded_at"].clone()));
    }
    let (status, _) = datastorage.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::CREATED, "and nothing is spooled any more");
}

#[tokio::test]
async fn a_burst_waits_for_the_database_only_once() {
    let datastorage = TestService::new().await;
    let lock = datastorage.lock_database().await;

    let started = Instant::now();
    let events: Vec<_> = (0..100).map(|_| event("rr-1")).collect();
    let posts = events.iter().map(|event| async {
        let (status, answer) = datastorage.post(event).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    });
    futures_util::future::join_all(posts).await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(4), "all were answered after {took:?}");

    // The outage is known now, so no request waits for the database.
    let started = Instant::now();
    for _ in 0..10 {
        let (status, _) = datastorage.post(&event("rr-1")).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(1), "ten were answered after {took:?}");

    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
    assert_eq!(datastorage.total("rr-1").await, 110);
}

#[tokio::test]
async fn a_full_spool_is_a_503_that_keeps_nothing() {
    let datastorage = TestService::with_spool(3).await;
    let lock = datastorage.lock_database().await;
    let two = json!([event("rr-1"), event("rr-1")]);
    assert_eq!(datastorage.batch(&two).await.0, StatusCode::ACCEPTED);

    let (status, problem) = datastorage.batch(&json!([event("rr-1"), event("rr-1")])).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["type"], "urn:problem:service-unavailable");
    assert_eq!(problem["detail"], "the spool is full");
    assert_eq!(datastorage.post(&event("rr-1")).await.0, StatusCode::ACCEPTED, "one fits");
    assert_eq!(datastorage.post(&event("rr-1")).await.0, StatusCode::SERVICE_UNAVAILABLE);

    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
    assert_eq!(datastorage.total("rr-1").await, 3);
    assert_eq!(datastorage.post(&event("rr-1")).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_is_a_503_until_it_can() {
    let datastorage = TestService::new().await;
    let lock = datastorage.lock_database().await;
    let mut other = open_spool(&datastorage.database.folder().join("spool")).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("its write lock");

    let (status, problem) = datastorage.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["detail"], "the spool cannot be written");

    sqlx::query("ROLLBACK").execute(&mut other).await.expect("released");
    let (status, _) = datastorage.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_audit_events_stored_total", 1).await;
    assert_eq!(datastorage.total("rr-1").await, 1);
}

#[tokio::test]
async fn invalid_events_are_refused_while_the_database_is_unavailable() {
    let datastorage = TestService::new().await;
    let _lock = datastorage.lock_database().await;
    let sent = event("rr-1");

    let own = with(sent.clone(), "parent_event_id", sent["event_id"].clone());
    let (status, problem) = datastorage.post(&own).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"][0]["field"], "parent_event_id");

    let other = with(sent.clone(), "event_action", json!("x"));
    let (status, problem) = datastorage.batch(&json!([sent, other])).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["errors"][0]["field"], "[1].event_id");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
}

#[tokio::test]
async fn a_closed_trail_refuses_events() {
    let datastorage = TestService::new().await;
    datastorage.close().await;
    let (status, problem) = datastorage.post(&event("rr-1")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["detail"], "datastorage is stopping");
}
