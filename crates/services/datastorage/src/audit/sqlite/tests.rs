//! Writing: every event is stored once and unchanged.

use std::time::Duration;

use contract::datastorage::{Category, Essentials, Outcome, Severity};
use kit::database::Database;
use serde_json::{Value, json};

use super::*;
use crate::audit::records::RecordError;
use crate::store::Store;
pub(super) use crate::testing::store;

pub(super) fn event(correlation_id: &str, data: Value) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id,
        data,
    })
}

pub(super) fn everything() -> Search {
    let query = contract::datastorage::EventQuery { limit: Some(1000), ..Default::default() };
    Search::of(query, OffsetDateTime::now_utc()).expect("a good query")
}

async fn search_for(store: &Store, search: &Search) -> Vec<Event> {
    store.search(search).await.expect("found").events
}

#[tokio::test]
async fn what_is_stored_reads_back_equal_in_every_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let parent = event("rr-1", Value::Null);
    let full = event("rr-1", json!({ "a": [1, -2.5e-300, "ü", u64::MAX, null] }))
        .with_parent(parent.event_id)
        .with_actor("service", "gateway")
        .with_resource("pod", "shop/cart-0")
        .with_namespace("shop")
        .with_cluster("west")
        .with_severity(Severity::Critical)
        .with_duration(Duration::from_millis(7));

    let recorded = store.record(&[parent.clone(), full.clone()]).await.expect("recorded");

    assert_eq!(recorded.stored, 2);
    for (sent, receipt) in [parent, full].into_iter().zip(recorded.receipts) {
        let stored = store.event(sent.event_id).await.expect("read").expect("there");
        assert_eq!(stored.event, sent);
        assert_eq!(stored.recorded_at, receipt.recorded_at);
    }
    assert_eq!(store.event(Uuid::nil()).await.expect("read"), None);
}

#[tokio::test]
async fn the_same_event_again_changes_nothing_and_answers_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let sent = event("rr-1", json!({ "weight": 0.1 }));
    let first = store.record(std::slice::from_ref(&sent)).await.expect("recorded");
    let again = store.record(&[sent.clone(), event("rr-1", json!(2))]).await.expect("recorded");

    assert_eq!(again.stored, 1);
    assert_eq!(again.receipts[0], first.receipts[0]);
    assert_eq!(search_for(&store, &everything()).await.len(), 2);

    let other = NewEvent { event_action: "dropped".to_owned(), ..sent };
    let refused = store.record(&[event("rr-1", json!(3)), other]).await.expect_err("a conflict");
    assert!(
        matches!(&refused, RecordError::Rejected(rejection) if rejection.conflicting == [1]),
        "{refused:?}"
    );
    assert_eq!(search_for(&store, &everything()).await.len(), 2, "all or none");
}

#[tokio::test]
async fn the_database_refuses_to_change_the_trail() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let sent = event("rr-1", json!(1));
    store.record(std::slice::from_ref(&sent)).await.expect("recorded");
    let Database::Sqlite(sqlite) = &store.database;

    const COLUMNS: &str = "event_id, version, event_type, event_timestamp, event_category, \
        event_action, event_outcome, correlation_id, event_data, recorded_at";
    for (statement, message) in [
        ("UPDATE audit_events SET event_action = 'x'".to_owned(), "no update"),
        ("DELETE FROM audit_events".to_owned(), "no delete"),
        (
            format!(
                "INSERT OR REPLACE INTO audit_events ({COLUMNS}) \
                 SELECT event_id, version, 'x', event_timestamp, event_category, event_action, \
                 event_outcome, correlation_id, event_data, recorded_at FROM audit_events"
            ),
            "no replace",
        ),
        (
            format!(
                "INSERT OR REPLACE INTO audit_events (rowid, {COLUMNS}) \
                 SELECT rowid, '00000000-0000-0000-0000-000000000000', version, 'x', \
                 event_timestamp, event_category, event_action, event_outcome, correlation_id, \
                 event_data, recorded_at FROM audit_events"
            ),
            "no replace",
        ),
    ] {
        let mut transaction = sqlite.begin().await.expect("begun");
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
            .execute(&mut *transaction)
            .await
            .expect_err(&statement);
        assert!(refused.to_string().contains(&format!("append-only: {message}")), "{refused}");
    }
    assert_eq!(search_for(&store, &everything()).await[0].event, sent);
}

#[tokio::test]
async fn fifty_writers_at_once_queue_and_all_succeed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let writers: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.record(&[event("rr-1", json!(number))]).await })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic").expect("recorded");
    }
    assert_eq!(search_for(&store, &everything()).await.len(), 50);
}

#[tokio::test]
async fn a_cancelled_writer_lets_the_next_one_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    let Database::Sqlite(sqlite) = &store.database;
    let abandoned = sqlite.begin().await.expect("begun");
    let next = tokio::spawn({
        let store = store.clone();
        async move { store.record(&[event("rr-1", json!(1))]).await }
    });
    drop(abandoned);
    next.await.expect("no panic").expect("recorded");
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    store.record(&[event("rr-1", json!(1))]).await.expect("recorded");
    let Database::Sqlite(sqlite) = &store.database;
    let writing = sqlite.begin().await.expect("begun");
    assert_eq!(search_for(&store, &everything()).await.len(), 1);
    writing.rollback().await.expect("rolled back");
}
