//! The audit writer against a real socket.

use std::time::Duration;

use contract::datastorage::{Category, Essentials, NewEvent, Outcome};
use datastorage_client::{AuditWriter, Client, WriterConfig, WriterStats};
use serde_json::{Value, json};
use testing::FakePeer;
use testing::peer::Call;
use tokio::time::Instant;

/// Longer than any delivery of a working test takes.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn event(data: Value) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data,
    })
}

pub(crate) fn writer(server: &FakePeer, config: WriterConfig) -> AuditWriter {
    AuditWriter::start(Client::new(&server.url).expect("an address"), config)
}

pub(crate) fn quick() -> WriterConfig {
    WriterConfig {
        batch_wait: Duration::from_millis(20),
        retry_initial: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
        ..WriterConfig::default()
    }
}

pub(crate) fn data(call: &Call) -> Vec<Value> {
    call.body
        .as_array()
        .expect("an array")
        .iter()
        .map(|event| event["event_data"].clone())
        .collect()
}

fn ids(call: &Call) -> Vec<Value> {
    call.body.as_array().expect("an array").iter().map(|event| event["event_id"].clone()).collect()
}

#[tokio::test]
async fn events_go_out_in_order_in_batches_of_bounded_number() {
    let server = FakePeer::start().await;
    let config = WriterConfig { batch_events: 2, ..WriterConfig::default() };
    let audit = writer(&server, config);
    for number in 0..5 {
        audit.record(event(json!(number)));
    }

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 5, lost: 0, waiting: 0 });
    let sent: Vec<_> = server.calls().iter().map(data).collect();
    assert_eq!(sent, [vec![json!(0), json!(1)], vec![json!(2), json!(3)], vec![json!(4)]]);
}

#[tokio::test]
async fn a_batch_is_bounded_in_bytes_too() {
    let server = FakePeer::start().await;
    let config = WriterConfig { batch_bytes: 3000, ..WriterConfig::default() };
    let audit = writer(&server, config);
    for _ in 0..6 {
        audit.record(event(json!("x".repeat(1000))));
    }

    assert_eq!(audit.close(CLOSE_TIMEOUT).await.stored, 6);

    let calls = server.calls();
    assert_eq!(calls.iter().map(|call| data(call).len()).collect::<Vec<_>>(), [2, 2, 2]);
    assert!(calls.iter().all(|call| call.bytes <= 3000), "{calls:?}");
}

#[tokio::test]
async fn an_incomplete_batch_is_sent_after_the_wait() {
    let server = FakePeer::start().await;
    let audit = writer(&server, quick());
    let start = Instant::now();
    audit.record(event(json!(1)));

    let calls = server.wait_for_calls(1).await;

    assert_eq!(data(&calls[0]), [json!(1)]);
    let waited = calls[0].at - start;
    assert!(waited >= Duration::from_millis(20), "sent after {waited:?}");
    assert!(waited < Duration::from_secs(2), "sent after {waited:?}");
    assert_eq!(audit.close(CLOSE_TIMEOUT).await.stored, 1);
}

#[tokio::test]
async fn failed_batches_are_sent_again_with_the_same_ids_and_growing_waits() {
    let server = FakePeer::start().await;
    for _ in 0..3 {
        server.will_answer(503, json!({ "type": "urn:problem:service-unavailable" }));
    }
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    audit.record(event(json!(2)));

    let calls = server.wait_for_calls(4).await;
    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 2, lost: 0, waiting: 0 });
    assert_eq!(server.calls().len(), 4);
    assert!(calls.iter().all(|call| ids(call) == ids(&calls[0])), "{calls:?}");
    for (pair, at_least) in calls.windows(2).zip([10, 20, 40]) {
        let waited = pair[1].at - pair[0].at;
        assert!(waited >= Duration::from_millis(at_least), "{waited:?} < {at_least} ms");
    }
}

#[tokio::test]
async fn events_in_the_spool_are_delivered_and_not_sent_again() {
    let server = FakePeer::start().await;
    let audit = writer(&server, quick());
    let event = event(json!(1));
    server.will_answer(202, json!({ "event_ids": [event.event_id], "status": "spooled" }));
    audit.record(event);

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 1, lost: 0, waiting: 0 });
    assert_eq!(server.calls().len(), 1);
}
