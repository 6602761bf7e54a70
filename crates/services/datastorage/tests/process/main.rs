//! The service as a process, written to by the client that all services use.

mod catalog;
mod service;
mod spool;
mod writers;

use std::collections::HashMap;
use std::time::Duration;

use contract::datastorage::{Category, Essentials, EventQuery, NewEvent, Outcome, Receipt};
use datastorage_client::{AuditWriter, Client, WriterConfig, WriterStats};
use serde_json::json;
use service::{Lease, TestService};
use writers::{WRITERS, Writers};

/// Longer than any step of a working test takes.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

fn event(number: usize) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data: json!({ "number": number, "weight": 0.1 }),
    })
}

/// All stored events, oldest first.
async fn stored(client: &Client) -> Vec<NewEvent> {
    let mut events = Vec::new();
    loop {
        let query = EventQuery {
            limit: Some(1000),
            offset: Some(events.len() as u64),
            ..EventQuery::of_correlation("rr-1")
        };
        let page = client.query(&query).await.expect("a page");
        events.extend(page.data.into_iter().map(|event| event.event));
        if !page.pagination.has_more {
            assert_eq!(page.pagination.total, events.len() as u64);
            events.reverse();
            return events;
        }
    }
}

/// Checks that all acknowledged events are stored, and no others than were
/// sent.
fn assert_kept(acknowledged: &[(NewEvent, Receipt)], stored: &[NewEvent]) {
    let stored_ids: HashMap<_, _> = stored.iter().map(|event| (event.event_id, event)).collect();
    assert_eq!(stored_ids.len(), stored.len(), "each once");
    for (event, receipt) in acknowledged {
        assert_eq!(stored_ids.get(&event.event_id), Some(&event), "{receipt:?}");
    }
    let unseen = stored.len() - acknowledged.len();
    assert!(unseen <= WRITERS, "{unseen} events more than were acknowledged");
}

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");

    let mut writers = Writers::start(&client);
    writers.acknowledge(100).await;
    service.kill().expect("killed");
    let acknowledged = writers.end().await;

    let _service = TestService::start(&lease, &folder).expect("started again");
    assert_kept(&acknowledged, &stored(&client).await);
}

#[tokio::test]
async fn a_stop_loses_nothing_that_was_acknowledged_and_is_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");

    let mut writers = Writers::start(&client);
    writers.acknowledge(100).await;
    service.terminate().expect("asked");
    let acknowledged = writers.end().await;
    let (code, log) = service.ended().expect("ended");
    assert_eq!(code, Some(0), "{log}");

    let _service = TestService::start(&lease, &folder).expect("started again");
    assert_kept(&acknowledged, &stored(&client).await);
}

#[tokio::test]
async fn the_audit_writer_bridges_a_restart_and_stores_everything_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");
    let config = WriterConfig {
        batch_events: 10,
        batch_wait: Duration::from_millis(5),
        retry_max: Duration::from_millis(200),
        ..WriterConfig::default()
    };
    let audit = AuditWriter::start(client.clone(), config);
    let events: Vec<_> = (0..300).map(event).collect();

    for event in &events[..150] {
        audit.record(event.clone());
    }
    // Killed while writing, at a different point in each run.
    service.kill().expect("killed");
    for event in &events[150..] {
        audit.record(event.clone());
    }
    let _service = TestService::start(&lease, &folder).expect("started again");

    let stats = audit.close(TEST_TIMEOUT).await;
    assert_eq!(stats, WriterStats { stored: 300, lost: 0, waiting: 0 });
    assert_eq!(stored(&client).await, events);
}

#[tokio::test]
async fn what_the_service_refuses_costs_the_writer_only_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let _service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");
    let audit = AuditWriter::start(client.clone(), WriterConfig::default());
    let taken = event(0);
    client.create(&taken).await.expect("stored");

    let mut good = vec![taken.clone()];
    for number in 1..=10 {
        let event = event(number);
        audit.record(match number {
            3 => NewEvent { event_type: "x".repeat(101), ..event },
            5 => event.with_parent(uuid::Uuid::nil()),
            7 => NewEvent { event_id: taken.event_id, ..event },
            _ => {
                good.push(event.clone());
                event
            }
        });
    }

    let stats = audit.close(TEST_TIMEOUT).await;
    assert_eq!(stats, WriterStats { stored: 7, lost: 3, waiting: 0 });
    assert_eq!(stored(&client).await, good);
}
