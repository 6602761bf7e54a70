//! The service as a process, called as other services call it.

mod calls;
mod catalog;
mod outbox;
mod service;
mod spool;
mod writers;

use std::collections::HashMap;
use std::time::Duration;

use calls::stored;
use contract::datastorage::{Category, Essentials, NewEvent, Outcome, Receipt};
use serde_json::json;
use service::{Lease, start};
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
    let mut service = start(&lease, &folder);
    let client = lease.client();

    let mut writers = Writers::start(&client);
    writers.acknowledge(100).await;
    service.kill();
    let acknowledged = writers.end().await;

    let _service = start(&lease, &folder);
    assert_kept(&acknowledged, &stored(&client).await);
}

#[tokio::test]
async fn a_stop_loses_nothing_that_was_acknowledged_and_is_clean() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let service = start(&lease, &folder);
    let client = lease.client();

    let mut writers = Writers::start(&client);
    writers.acknowledge(100).await;
    service.terminate();
    let acknowledged = writers.end().await;
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");

    let _service = start(&lease, &folder);
    assert_kept(&acknowledged, &stored(&client).await);
}
