use std::time::Duration;

use kit::database::Database;
use serde_json::json;

use super::*;
use crate::testing::{Bench, event};

fn own(number: usize) -> NewEvent {
    let event: NewEvent = serde_json::from_value(event("own")).expect("an event");
    NewEvent { event_data: json!(number), ..event }
}

fn lost(bench: &Bench) -> u64 {
    bench.state.recorder.lost.get()
}

#[tokio::test]
async fn everything_that_was_taken_is_stored_before_the_end() {
    let bench = Bench::new().await;
    for number in 0..1200 {
        bench.state.recorder.record(own(number));
    }
    assert_eq!(bench.state.recorder.close().await, 0);
    assert_eq!(bench.total("own").await, 1200);
    let metrics = bench.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_audit_events_stored_total 1200\n"), "{metrics}");
}

#[tokio::test]
async fn what_finds_no_room_or_no_task_is_counted() {
    let bench = Bench::new().await;
    // On the one thread of this test the task cannot run before an `await`.
    for number in 0..CAPACITY + 3 {
        bench.state.recorder.record(own(number));
    }
    assert_eq!(lost(&bench), 3);
    assert_eq!(bench.state.recorder.close().await, 0);
    assert_eq!(bench.total("own").await, CAPACITY);

    bench.state.recorder.record(own(0));
    assert_eq!(lost(&bench), 4);
    assert_eq!(bench.state.recorder.close().await, 0, "a second time is no harm");
    let metrics = bench.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_own_events_lost_total 4\n"), "{metrics}");
}

#[tokio::test]
async fn what_the_database_does_not_take_is_counted_and_the_end_says_so() {
    let bench = Bench::new().await;
    let Database::Sqlite(other) = crate::testing::open(&bench.folder).database;
    let lock = other.begin().await.expect("the write lock");
    bench.state.recorder.record(own(1));
    bench.state.recorder.record(own(2));

    let closed = tokio::time::timeout(Duration::from_secs(20), bench.state.clone().close());

    let error = closed.await.expect("an end").expect_err("two events are lost");
    assert_eq!(error.to_string(), "2 audit events of our own could not be stored");
    lock.rollback().await.expect("released");
    assert_eq!(bench.total("own").await, 0);
}
