//! The audit writer against a real socket.

use std::time::Duration;

use crate::support::{Call, Server};
use datastorage_client::{
    AuditWriter, Category, Client, Essentials, NewEvent, Outcome, WriterConfig, WriterStats,
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Long enough for anything that works.
const PATIENCE: Duration = Duration::from_secs(10);

fn event(data: Value) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data,
    })
}

fn writer(server: &Server, config: WriterConfig) -> AuditWriter {
    AuditWriter::start(Client::new(&server.url).expect("an address"), config)
}

fn quick() -> WriterConfig {
    WriterConfig {
        batch_wait: Duration::from_millis(20),
        retry_initial: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
        ..WriterConfig::default()
    }
}

fn data(call: &Call) -> Vec<Value> {
    call.body.as_array().expect("an array").iter().map(|it| it["event_data"].clone()).collect()
}

fn ids(call: &Call) -> Vec<Value> {
    call.body.as_array().expect("an array").iter().map(|it| it["event_id"].clone()).collect()
}

#[tokio::test]
async fn events_go_out_in_order_in_batches_of_bounded_number() {
    let server = Server::start().await;
    let config = WriterConfig { batch_events: 2, ..WriterConfig::default() };
    let audit = writer(&server, config);
    for number in 0..5 {
        audit.record(event(json!(number)));
    }

    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 5, lost: 0, waiting: 0 });
    let sent: Vec<_> = server.calls().iter().map(data).collect();
    assert_eq!(sent, [vec![json!(0), json!(1)], vec![json!(2), json!(3)], vec![json!(4)]]);
}

#[tokio::test]
async fn a_batch_is_bounded_in_bytes_too() {
    let server = Server::start().await;
    let config = WriterConfig { batch_bytes: 3000, ..WriterConfig::default() };
    let audit = writer(&server, config);
    for _ in 0..6 {
        audit.record(event(json!("x".repeat(1000))));
    }

    assert_eq!(audit.close(PATIENCE).await.stored, 6);

    let calls = server.calls();
    assert_eq!(calls.iter().map(|it| data(it).len()).collect::<Vec<_>>(), [2, 2, 2]);
    assert!(calls.iter().all(|it| it.bytes <= 3000), "{calls:?}");
}

#[tokio::test]
async fn a_part_of_a_batch_goes_out_after_the_wait_without_a_close() {
    let server = Server::start().await;
    let audit = writer(&server, quick());
    let start = Instant::now();
    audit.record(event(json!(1)));

    let calls = server.wait_for_calls(1).await;

    assert_eq!(data(&calls[0]), [json!(1)]);
    let waited = calls[0].at - start;
    assert!(waited >= Duration::from_millis(20), "sent after {waited:?}");
    assert!(waited < Duration::from_secs(2), "sent after {waited:?}");
    assert_eq!(audit.close(PATIENCE).await.stored, 1);
}

#[tokio::test]
async fn what_fails_is_sent_again_with_the_same_ids_and_growing_waits() {
    let server = Server::start().await;
    for _ in 0..3 {
        server.will_answer(503, json!({ "type": "urn:problem:service-unavailable" }));
    }
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    audit.record(event(json!(2)));

    let calls = server.wait_for_calls(4).await;
    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 2, lost: 0, waiting: 0 });
    assert_eq!(server.calls().len(), 4);
    assert!(calls.iter().all(|it| ids(it) == ids(&calls[0])), "{calls:?}");
    for (pair, at_least) in calls.windows(2).zip([10, 20, 40]) {
        let waited = pair[1].at - pair[0].at;
        assert!(waited >= Duration::from_millis(at_least), "{waited:?} < {at_least} ms");
    }
}

#[tokio::test]
async fn a_refused_event_does_not_cost_the_others_and_is_not_sent_again() {
    let server = Server::start().await;
    server.will_answer(
        400,
        json!({ "errors": [
            { "field": "[1].event_type", "message": "is empty" },
            { "field": "[1].severity", "message": "is unknown" },
        ]}),
    );
    let audit = writer(&server, quick());
    for number in 0..3 {
        audit.record(event(json!(number)));
    }

    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 2, lost: 1, waiting: 0 });
    let sent: Vec<_> = server.calls().iter().map(data).collect();
    assert_eq!(sent, [vec![json!(0), json!(1), json!(2)], vec![json!(0), json!(2)]]);
}

#[tokio::test]
async fn a_refusal_that_names_no_event_costs_the_batch_and_is_not_repeated() {
    let server = Server::start().await;
    server.will_answer(404, json!({}));
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    audit.record(event(json!(2)));

    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 0, lost: 2, waiting: 0 });
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_full_buffer_loses_the_newest_and_says_how_many() {
    let server = Server::start().await;
    // On the one thread of this test the task cannot run before an `await`.
    let audit = writer(&server, WriterConfig { capacity: 3, ..quick() });
    for number in 0..5 {
        audit.record(event(json!(number)));
    }
    assert_eq!(audit.stats(), WriterStats { stored: 0, lost: 2, waiting: 3 });

    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 3, lost: 2, waiting: 0 });
    assert_eq!(data(&server.calls()[0]), [json!(0), json!(1), json!(2)]);
}

#[tokio::test]
async fn close_gives_up_at_its_deadline_and_counts_what_is_left() {
    let server = Server::start().await;
    for _ in 0..1000 {
        server.will_answer(503, json!({}));
    }
    let audit = writer(&server, WriterConfig { batch_events: 2, ..quick() });
    for number in 0..5 {
        audit.record(event(json!(number)));
    }
    let start = Instant::now();

    let stats = audit.close(Duration::from_millis(100)).await;

    assert_eq!(stats, WriterStats { stored: 0, lost: 5, waiting: 0 });
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(100) && took < Duration::from_secs(2), "{took:?}");
    assert!(server.calls().len() > 1, "it tried until the end");
}

#[tokio::test]
async fn close_does_not_sit_out_a_long_wait() {
    let server = Server::start().await;
    server.will_answer(503, json!({}));
    let config = WriterConfig { retry_initial: Duration::from_secs(3600), ..quick() };
    let audit = writer(&server, config);
    audit.record(event(json!(1)));
    server.wait_for_calls(1).await;

    let stats = audit.close(PATIENCE).await;

    assert_eq!(stats, WriterStats { stored: 1, lost: 0, waiting: 0 });
}

#[tokio::test]
async fn an_event_after_close_is_lost_and_counted() {
    let server = Server::start().await;
    let audit = writer(&server, quick());
    assert_eq!(audit.close(PATIENCE).await, WriterStats::default());

    audit.record(event(json!(1)));

    assert_eq!(audit.stats(), WriterStats { stored: 0, lost: 1, waiting: 0 });
    assert_eq!(audit.close(PATIENCE).await.lost, 1);
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn dropping_every_handle_still_delivers() {
    let server = Server::start().await;
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    drop(audit);
    assert_eq!(data(&server.wait_for_calls(1).await[0]), [json!(1)]);
}
