//! Events that the audit writer loses and counts.

use std::time::Duration;

use datastorage_client::{WriterConfig, WriterStats};
use serde_json::json;
use tokio::time::Instant;

use crate::writer::{CLOSE_TIMEOUT, data, event, quick, writer};
use testing::FakePeer;

#[tokio::test]
async fn a_refused_event_does_not_cost_the_others_and_is_not_sent_again() {
    let server = FakePeer::start().await;
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

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 2, lost: 1, waiting: 0 });
    let sent: Vec<_> = server.calls().iter().map(data).collect();
    assert_eq!(sent, [vec![json!(0), json!(1), json!(2)], vec![json!(0), json!(2)]]);
}

#[tokio::test]
async fn a_refusal_that_names_no_event_costs_the_batch_and_is_not_repeated() {
    let server = FakePeer::start().await;
    server.will_answer(404, json!({}));
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    audit.record(event(json!(2)));

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 0, lost: 2, waiting: 0 });
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_full_buffer_loses_the_newest_and_says_how_many() {
    let server = FakePeer::start().await;
    // This test has one thread, so the task cannot run before an `await`.
    let audit = writer(&server, WriterConfig { capacity: 3, ..quick() });
    for number in 0..5 {
        audit.record(event(json!(number)));
    }
    assert_eq!(audit.stats(), WriterStats { stored: 0, lost: 2, waiting: 3 });

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 3, lost: 2, waiting: 0 });
    assert_eq!(data(&server.calls()[0]), [json!(0), json!(1), json!(2)]);
}

#[tokio::test]
async fn close_gives_up_at_its_deadline_and_counts_what_is_left() {
    let server = FakePeer::start().await;
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
async fn close_cuts_a_long_retry_wait_short() {
    let server = FakePeer::start().await;
    server.will_answer(503, json!({}));
    let config = WriterConfig { retry_initial: Duration::from_secs(3600), ..quick() };
    let audit = writer(&server, config);
    audit.record(event(json!(1)));
    server.wait_for_calls(1).await;

    let stats = audit.close(CLOSE_TIMEOUT).await;

    assert_eq!(stats, WriterStats { stored: 1, lost: 0, waiting: 0 });
}

#[tokio::test]
async fn an_event_after_close_is_lost_and_counted() {
    let server = FakePeer::start().await;
    let audit = writer(&server, quick());
    assert_eq!(audit.close(CLOSE_TIMEOUT).await, WriterStats::default());

    audit.record(event(json!(1)));

    assert_eq!(audit.stats(), WriterStats { stored: 0, lost: 1, waiting: 0 });
    assert_eq!(audit.close(CLOSE_TIMEOUT).await.lost, 1);
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn dropping_every_handle_still_delivers() {
    let server = FakePeer::start().await;
    let audit = writer(&server, quick());
    audit.record(event(json!(1)));
    drop(audit);
    assert_eq!(data(&server.wait_for_calls(1).await[0]), [json!(1)]);
}
