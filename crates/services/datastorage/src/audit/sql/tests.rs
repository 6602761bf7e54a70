//! Writing: every event is stored once and unchanged.

use std::time::Duration;

use contract::datastorage::{Category, Essentials, Outcome, Severity};
use serde_json::{Value, json};

use super::*;
use testing::{TestDatabase, on_both_databases};

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

on_both_databases! {
    async fn what_is_stored_reads_back_equal_in_every_field(database: TestDatabase) {
        let store = store(&database).await;
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
}

on_both_databases! {
    async fn the_same_event_again_changes_nothing_and_answers_the_same(database: TestDatabase) {
        let store = store(&database).await;
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
}

on_both_databases! {
    async fn the_database_refuses_to_change_the_trail(database: TestDatabase) {
        let store = store(&database).await;
        let sent = event("rr-1", json!(1));
        store.record(std::slice::from_ref(&sent)).await.expect("recorded");
        let other = if database.is_postgres() { POSTGRES_CHANGES } else { SQLITE_CHANGES };
        let both = [
            ("UPDATE audit_events SET event_action = 'x'", "no update"),
            ("DELETE FROM audit_events", "no delete"),
        ];
        for (statement, message) in both.iter().chain(other) {
            let mut transaction = store.database.begin().await.expect("begun");
            let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.replace("COLUMNS", COLUMNS)))
                .execute(&mut *transaction)
                .await
                .expect_err(statement);
            assert!(refused.to_string().contains(&format!("append-only: {message}")), "{refused}");
            assert!(StoreError::from(refused).is_refusal(), "{statement}");
        }
        assert_eq!(search_for(&store, &everything()).await[0].event, sent);
    }
}

/// The columns that are not null, but for the id.
const COLUMNS: &str = "version, event_type, event_timestamp, event_category, event_action, \
    event_outcome, correlation_id, event_data, recorded_at";

const SQLITE_CHANGES: &[(&str, &str)] = &[
    (
        "INSERT OR REPLACE INTO audit_events (event_id, COLUMNS) \
         SELECT event_id, COLUMNS FROM audit_events",
        "no replace",
    ),
    (
        "INSERT OR REPLACE INTO audit_events (rowid, event_id, COLUMNS) \
         SELECT rowid, '00000000-0000-0000-0000-000000000000', COLUMNS FROM audit_events",
        "no replace",
    ),
];

const POSTGRES_CHANGES: &[(&str, &str)] = &[
    ("TRUNCATE audit_events", "no truncate"),
    ("TRUNCATE audit_events CASCADE", "no truncate"),
    (
        "INSERT INTO audit_events (event_id, COLUMNS) SELECT event_id, COLUMNS FROM audit_events \
         ON CONFLICT (event_id) DO UPDATE SET event_action = 'x'",
        "no update",
    ),
    (
        "MERGE INTO audit_events a USING audit_events b ON a.event_id = b.event_id \
         WHEN MATCHED THEN DELETE",
        "no delete",
    ),
];

on_both_databases! {
    async fn fifty_writers_at_once_queue_and_all_succeed(database: TestDatabase) {
        let store = store(&database).await;
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
}

on_both_databases! {
    async fn a_cancelled_writer_lets_the_next_one_write(database: TestDatabase) {
        let store = store(&database).await;
        let abandoned = store.database.begin_exclusive().await.expect("begun");
        let next = tokio::spawn({
            let store = store.clone();
            async move { store.record(&[event("rr-1", json!(1))]).await }
        });
        drop(abandoned);
        next.await.expect("no panic").expect("recorded");
    }
}

on_both_databases! {
    async fn readers_do_not_wait_for_a_writer(database: TestDatabase) {
        let store = store(&database).await;
        store.record(&[event("rr-1", json!(1))]).await.expect("recorded");
        let writing = store.database.begin_exclusive().await.expect("begun");
        assert_eq!(search_for(&store, &everything()).await.len(), 1);
        writing.rollback().await.expect("rolled back");
    }
}

on_both_databases! {
    async fn a_page_ends_before_it_has_too_many_bytes(database: TestDatabase) {
        let store = store(&database).await;
        let large = Value::String("x".repeat(PAGE_BYTES / 4));
        let events: Vec<_> = (0..6).map(|_| event("rr-1", large.clone())).collect();
        store.record(&events).await.expect("recorded");
        let (mut search, mut seen) = (everything(), Vec::new());
        while seen.len() < 6 {
            let page = store.search(&search).await.expect("found");
            assert_eq!(page.total, 6);
            let bytes: usize =
                page.events.iter().map(|event| event.event.event_data.to_string().len()).sum();
            assert!(bytes <= PAGE_BYTES && !page.events.is_empty(), "{bytes}");
            seen.extend(page.events.into_iter().map(|event| event.event.event_id));
            search.page.offset = seen.len() as u64;
        }
        let mut sent: Vec<_> = events.iter().map(|event| (event.event_timestamp, event.event_id)).collect();
        sent.sort();
        assert_eq!(seen, sent.into_iter().rev().map(|(_, id)| id).collect::<Vec<_>>());
    }
}

on_both_databases! {
    async fn a_filter_with_a_character_that_no_row_can_have_finds_nothing(database: TestDatabase) {
        let store = store(&database).await;
        store.record(&[event("rr-1", json!("\0"))]).await.expect("recorded");
        let search = Search { correlation_id: Some("rr-1\0".to_owned()), ..everything() };
        assert!(search_for(&store, &search).await.is_empty());
        assert_eq!(search_for(&store, &everything()).await.len(), 1);
    }
}

on_both_databases! {
    async fn a_long_trail_is_not_counted_to_its_end(database: TestDatabase) {
        let store = store(&database).await;
        // More than a test would send: 10,200 events.
        let insert = "INSERT INTO audit_events (
                event_id, version, event_type, event_timestamp, event_category, event_action,
                event_outcome, correlation_id, event_data, recorded_at
            )
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10200)
            SELECT '00000000-0000-0000-0000-' || substr(CAST(1000000000000 + n AS TEXT), 2), '1.0',
                'gateway.signal.received', 1000000 + n, 'gateway', 'received', 'success', 'rr-1',
                'null', 1000000 + n
            FROM numbers";
        let mut transaction = store.database.begin().await.expect("a transaction");
        sqlx::query(insert).execute(&mut *transaction).await.expect("inserted");
        transaction.commit().await.expect("committed");

        for (limit, offset, total, has_more) in
            [(100, 0, 10_100, true), (100, 50, 10_150, true), (1, 10_199, 10_200, false)]
        {
            let page = kit::page::PageRequest { limit, offset };
            let found = store.search(&Search { page, ..everything() }).await.expect("found");
            let answer = page.answer(found.events, found.total);
            assert_eq!((answer.pagination.total, answer.pagination.has_more), (total, has_more));
        }
    }
}
