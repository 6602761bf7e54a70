//! The outbox of other services, which sends to this one.

use std::time::{Duration, Instant};

use contract::datastorage::NewEvent;
use kit::database::{Database, DatabaseConfig};
use kit::outbox::{MIGRATIONS, Outbox};
use kit::{Peer, Service};
use sqlx::Row as _;
use testing::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::calls::{create, page, trail};
use crate::service::{Lease, start};
use crate::{TEST_TIMEOUT, event};

/// How long an event waits for others.
const BATCH_WAIT: Duration = Duration::from_millis(200);

/// A service's outbox with its background task.
struct TestOutbox {
    outbox: Outbox,
    database: Database,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl TestOutbox {
    async fn start(on: &TestDatabase, datastorage: Peer) -> Self {
        let config = DatabaseConfig::new(on.url().parse().expect("a URL"));
        let database = Database::new(config, &[MIGRATIONS]);
        database.migrate(TEST_TIMEOUT).await.expect("migrated");
        let (outbox, stop) = (Outbox::new(database.clone(), BATCH_WAIT), CancellationToken::new());
        let service = Service::for_tests(kit::package!());
        let task = tokio::spawn(outbox.clone().run(service, datastorage, stop.clone()));
        Self { outbox, database, stop, task }
    }

    /// Adds events, as the change of a service does.
    async fn add(&self, events: &[NewEvent]) {
        let mut transaction = self.database.begin().await.expect("a transaction");
        self.outbox.add(&mut transaction, events).await.expect("added");
        transaction.commit().await.expect("committed");
        self.outbox.wake();
    }

    /// Waits until no event is left, and ends the task. Returns the ids of
    /// refused events, and why.
    async fn end(self) -> Vec<(String, String)> {
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let waiting = self.outbox.waiting().await.expect("counted");
            if waiting == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "{waiting} events wait");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.stop.cancel();
        self.task.await.expect("no panic").expect("it ends well");
        let mut snapshot = self.database.snapshot().await.expect("a snapshot");
        let refused = sqlx::query("SELECT event_id, reason FROM audit_refused ORDER BY event_id")
            .fetch_all(&mut *snapshot);
        let refused = refused.await.expect("read");
        refused.iter().map(|row| (row.get("event_id"), row.get("reason"))).collect()
    }
}

#[tokio::test]
async fn a_kill_loses_no_event_and_doubles_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = start(&lease, &folder);
    let client = lease.client();
    let database = TestDatabase::sqlite();
    let outbox = TestOutbox::start(&database, client.clone()).await;
    let killed = CancellationToken::new();

    // Killed while one batch follows the other, at a different point in each run.
    let add = async {
        let mut events = Vec::new();
        while !killed.is_cancelled() {
            let next = event(events.len());
            outbox.add(std::slice::from_ref(&next)).await;
            events.push(next);
        }
        events
    };
    let kill = async {
        let deadline = Instant::now() + TEST_TIMEOUT;
        while page(&client, 1, 0).await.pagination.total < 150 {
            assert!(Instant::now() < deadline, "no batch is stored");
        }
        service.kill();
        killed.cancel();
    };
    let (mut events, ()) = tokio::join!(add, kill);
    let rest: Vec<_> = (0..150).map(|index| event(events.len() + index)).collect();
    outbox.add(&rest).await;
    events.extend(rest);
    let _service = start(&lease, &folder);

    assert_eq!(outbox.end().await, []);
    let trail = trail(&client).await;
    assert!(trail.iter().map(|event| &event.event).eq(&events), "{trail:#?}");
    assert!(trail.is_sorted_by_key(|event| event.recorded_at), "{trail:#?}");
}

#[tokio::test]
async fn what_is_refused_stops_nobody_else_and_is_kept_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let _service = start(&lease, &folder);
    let client = lease.client();
    let taken = event(0);
    create(&client, &taken).await.expect("stored");
    let mut events: Vec<_> = (1..=10).map(event).collect();
    events[2].event_type = "x".repeat(101);
    events[4].parent_event_id = Some(uuid::Uuid::nil());
    events[6].event_id = taken.event_id;

    let database = TestDatabase::sqlite();
    let outbox = TestOutbox::start(&database, client.clone()).await;
    outbox.add(&events).await;

    let id = |index: usize| events[index].event_id.to_string();
    // Three batches, each without those that were refused before.
    let refused = [
        (id(6), "[4].event_id: belongs to another event, with other content"),
        (id(2), "[2].event_type: must have 1 to 100 characters"),
        (
            id(4),
            "[3].parent_event_id: must be the id of an event that is stored or comes earlier in \
             the batch",
        ),
    ];
    let refused = refused.map(|(id, reason)| (id, reason.to_owned()));
    assert_eq!(outbox.end().await, refused);
    let good = [0, 1, 3, 5, 7, 8, 9].map(|index| events[index].clone());
    let trail = trail(&client).await;
    assert!(trail.iter().map(|event| &event.event).eq(std::iter::once(&taken).chain(&good)));
}
