use serde_json::json;

use super::*;
use crate::spool::Limits;
use crate::testing::{TestService, event};

fn own(number: usize) -> NewEvent {
    let event: NewEvent = serde_json::from_value(event("own")).expect("an event");
    NewEvent { event_data: json!(number), ..event }
}

fn lost(datastorage: &TestService) -> u64 {
    datastorage.state.recorder.lost.get()
}

#[tokio::test]
async fn all_accepted_events_are_stored_before_close_returns() {
    let datastorage = TestService::new().await;
    for number in 0..1200 {
        datastorage.state.recorder.record(own(number));
    }
    assert_eq!(datastorage.state.recorder.close().await, 0);
    assert_eq!(datastorage.total("own").await, 1200);
    let metrics = datastorage.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_audit_events_stored_total 1200\n"), "{metrics}");
}

#[tokio::test]
async fn events_without_room_or_task_are_counted_as_lost() {
    let datastorage = TestService::new().await;
    // This test has one thread, so the task cannot run before an `await`.
    for number in 0..CAPACITY + 3 {
        datastorage.state.recorder.record(own(number));
    }
    assert_eq!(lost(&datastorage), 3);
    assert_eq!(datastorage.state.recorder.close().await, 0);
    assert_eq!(datastorage.total("own").await, CAPACITY);

    datastorage.state.recorder.record(own(0));
    assert_eq!(lost(&datastorage), 4);
    assert_eq!(datastorage.state.recorder.close().await, 0, "a second time is no harm");
    let metrics = datastorage.service.metrics.text().expect("metrics");
    assert!(metrics.contains("datastorage_own_events_lost_total 4\n"), "{metrics}");
}

#[tokio::test]
async fn events_wait_in_the_spool_while_the_database_is_unavailable() {
    let datastorage = TestService::new().await;
    let lock = datastorage.lock_database().await;
    datastorage.state.recorder.record(own(1));
    datastorage.state.recorder.record(own(2));
    assert_eq!(datastorage.state.recorder.close().await, 0);
    datastorage.until_metric("datastorage_spool_depth", 2).await;
    lock.rollback().await.expect("released");
    datastorage.until_metric("datastorage_spool_depth", 0).await;
    assert_eq!(datastorage.total("own").await, 2);
}

#[tokio::test]
async fn events_that_the_trail_refuses_are_counted_and_reported_by_close() {
    let datastorage = TestService::with_spool(Limits::events(1)).await;
    let lock = datastorage.lock_database().await;
    datastorage.state.recorder.record(own(1));
    datastorage.state.recorder.record(own(2));

    let error = datastorage.state.clone().close().await.expect_err("two events are lost");
    assert_eq!(error.to_string(), "2 audit events of our own could not be stored");
    lock.rollback().await.expect("released");
    assert_eq!(datastorage.total("own").await, 0);
}
