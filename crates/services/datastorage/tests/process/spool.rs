//! The database is unavailable: another process holds its write lock.

use std::time::{Duration, Instant};

use contract::datastorage::{CreateEvents, Event, NewEvent, Severity};
use kit::{Peer, PeerError};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::calls::{create, get, page, stored};
use crate::service::{Lease, launch, start};
use crate::writers::Writers;
use crate::{TEST_TIMEOUT, assert_kept, event};

/// A connection that the database cannot tell from another process.
pub(crate) struct DatabaseLock(SqliteConnection);

impl DatabaseLock {
    pub(crate) async fn lock(folder: &tempfile::TempDir) -> Self {
        let options = SqliteConnectOptions::new().filename(folder.path().join("trail.db"));
        let mut connection = options.connect().await.expect("opened");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.expect("the write lock");
        Self(connection)
    }

    pub(crate) async fn release(mut self) {
        sqlx::query("ROLLBACK").execute(&mut self.0).await.expect("released");
        self.0.close().await.expect("closed");
    }
}

/// Waits until the trail has `count` events; returns them, oldest first.
pub(crate) async fn until_stored(client: &Peer, count: u64) -> Vec<Event> {
    let deadline = Instant::now() + TEST_TIMEOUT;
    loop {
        let page = page(client, 1000, 0).await;
        if page.pagination.total == count {
            return page.data.into_iter().rev().collect();
        }
        assert!(Instant::now() < deadline, "{} of {count} events", page.pagination.total);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An event with every field.
fn full(parent: &NewEvent) -> NewEvent {
    event(1)
        .with_parent(parent.event_id)
        .with_actor("service", "gateway")
        .with_resource("pod", "shop/cart-0")
        .with_namespace("shop")
        .with_cluster("west")
        .with_severity(Severity::High)
        .with_duration(Duration::from_millis(1500))
}

#[tokio::test]
async fn events_survive_a_kill_in_the_spool_and_are_stored_equal_in_every_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = start(&lease, &folder);
    let client = lease.client();
    let before = event(0);
    assert!(!create(&client, &before).await.expect("stored").is_spooled());

    let other = DatabaseLock::lock(&folder).await;
    let single = full(&before);
    let batch = vec![full(&single), event(2), event(3)];
    assert!(create(&client, &single).await.expect("taken over").is_spooled());
    let receipt = client.call::<CreateEvents>().body(&batch).send().await.expect("taken over");
    assert!(receipt.is_spooled(), "{receipt:?}");
    assert_eq!(get(&client, single.event_id).await.expect("an answer"), None);
    service.kill();

    // The database is still unavailable: the service listens and is not ready,
    // but takes events from its first moment.
    let service = launch(&lease, &folder, &[]);
    service.until_logged("listening");
    let client = lease.client();
    assert!(client.is_live().await);
    let refused = get(&client, single.event_id).await.expect_err("not ready");
    assert!(matches!(refused, PeerError::Refused { status: 503, .. }), "{refused}");
    let early = event(4);
    assert!(create(&client, &early).await.expect("taken over").is_spooled());
    other.release().await;
    service.until_logged("ready");

    let expected = [&[before, single][..], &batch, &[early]].concat();
    let found = until_stored(&client, 6).await;
    assert!(found.iter().map(|event| &event.event).eq(&expected), "{found:#?}");
    assert!(found.is_sorted_by_key(|event| event.recorded_at), "{found:#?}");
}

#[tokio::test]
async fn what_was_spooled_while_many_wrote_survives_being_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = start(&lease, &folder);
    let client = lease.client();

    let mut writers = Writers::start(&client);
    writers.acknowledge(50).await;
    let other = DatabaseLock::lock(&folder).await;
    writers.spool(100).await;
    service.kill();
    let acknowledged = writers.end().await;

    other.release().await;
    let service = start(&lease, &folder);
    // New events come after all spooled ones.
    let last = event(0);
    create(&client, &last).await.expect("taken over");
    let deadline = Instant::now() + TEST_TIMEOUT;
    while get(&client, last.event_id).await.expect("an answer").is_none() {
        assert!(Instant::now() < deadline, "the spool is not drained");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut found = stored(&client).await;
    assert_eq!(found.pop(), Some(last));
    assert_kept(&acknowledged, &found);

    service.terminate();
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn a_stop_while_the_database_is_unavailable_is_clean_and_keeps_the_spool() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let service = start(&lease, &folder);
    let client = lease.client();
    let other = DatabaseLock::lock(&folder).await;

    let mut writers = Writers::start(&client);
    writers.spool(50).await;
    service.terminate();
    let acknowledged = writers.end().await;
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");

    other.release().await;
    let _service = start(&lease, &folder);
    let found = until_stored(&client, acknowledged.len() as u64).await;
    let found: Vec<_> = found.into_iter().map(|event| event.event).collect();
    assert_kept(&acknowledged, &found);
}

#[tokio::test]
async fn a_full_spool_refuses_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let more = [("SPOOL_MAX_EVENTS", "2")];
    let service = launch(&lease, &folder, &more);
    service.until_logged("ready");
    let client = lease.client();
    let _other = DatabaseLock::lock(&folder).await;

    assert!(create(&client, &event(0)).await.expect("taken over").is_spooled());
    let batch = vec![event(1), event(2)];
    let refused = client.call::<CreateEvents>().body(&batch).send().await;
    let refused = refused.expect_err("two do not fit");
    let PeerError::Refused { status: 503, problem, .. } = &refused else { panic!("{refused}") };
    assert_eq!(problem.kind, "urn:problem:service-unavailable");
    assert_eq!(problem.detail, "the spool is full");
    assert!(refused.may_pass(), "a client may try again");
    assert!(create(&client, &event(3)).await.expect("taken over").is_spooled());
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_ends_the_start_with_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    std::fs::write(folder.path().join("spool"), "a file").expect("written");
    let service = launch(&lease, &folder, &[]);
    let (code, log) = service.ended();
    assert_eq!(code, Some(1), "{log}");
    let line: serde_json::Value = serde_json::from_str(log.trim_end()).expect("one line");
    let spool = folder.path().join("spool").display().to_string();
    let message = line["message"].as_str().expect("a message").to_owned();
    assert_eq!(
        message.replace(&spool, "<spool>"),
        "cannot use the spool <spool> (SPOOL_DIR): cannot make <spool>: File exists (os error 17)"
    );

    std::fs::remove_file(&spool).expect("removed");
    let _first = start(&lease, &folder);
    let elsewhere = Lease::take().expect("a port");
    let second = launch(&elsewhere, &folder, &[]);
    let (code, log) = second.ended();
    assert_eq!(code, Some(1), "{log}");
    let line: serde_json::Value = serde_json::from_str(log.trim_end()).expect("one line");
    let message = line["message"].as_str().expect("a message").to_owned();
    assert_eq!(
        message.replace(&spool, "<spool>"),
        "cannot use the spool <spool> (SPOOL_DIR): another process uses it"
    );
    assert_eq!(line["level"], json!("ERROR"));
}
