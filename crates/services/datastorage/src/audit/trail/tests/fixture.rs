//! A trail on a database and a spool of its own.

use std::time::{Duration, Instant};

use contract::datastorage::{Category, Essentials, Event, NewEvent, Outcome, to_microseconds};
use kit::database::Database;
use serde_json::json;
use sqlx::{Row as _, SqliteConnection};
use testing::TestDatabase;
use time::OffsetDateTime;
use tokio::task::JoinHandle;

use crate::audit::trail::{AppendError, AppendOutcome, CAPACITY, TrailTask, TrailWriter};
use crate::spool::Spool;
use crate::spool::testing::{dead_letters, open_spool};
use crate::store::Store;
use crate::testing::TRAIL;

/// Longer than any step of a working test takes.
pub(super) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// More events than any test spools.
const LIMIT: u64 = 100_000;

pub(super) type Answer = Result<AppendOutcome, AppendError>;

/// A folder with a database that is migrated, and a spool.
pub(super) struct TrailFixture {
    database: TestDatabase,
    pub(super) store: Store,
}

/// A trail whose task does not run before [`run`](Self::run).
pub(super) struct TestTrail {
    pub(super) writer: TrailWriter,
    pub(super) service: kit::Service,
    task: Option<TrailTask>,
}

impl TrailFixture {
    pub(super) async fn on(database: TestDatabase) -> Self {
        let store = crate::testing::store(&database).await;
        Self { database, store }
    }

    async fn spool(&self, limit: u64) -> Spool {
        Spool::open(&self.database.folder().join("spool"), limit).await.expect("a spool")
    }

    /// The database of the spool, as another process would open it.
    pub(super) async fn open_spool(&self) -> SqliteConnection {
        open_spool(&self.database.folder().join("spool")).await
    }

    /// Writes requests to the spool, as an earlier process could have left them.
    pub(super) async fn leave(&self, requests: &[Vec<NewEvent>]) -> OffsetDateTime {
        let accepted_at = to_microseconds(OffsetDateTime::now_utc()) - time::Duration::HOUR;
        let accepted = self.spool(LIMIT).await.append(accepted_at, requests).await;
        assert!(accepted.expect("written").iter().all(Result::is_ok));
        accepted_at
    }

    /// The dead letters: time of acceptance, event, reason.
    pub(super) async fn dead_letters(&self) -> Vec<(OffsetDateTime, String, String)> {
        dead_letters(&mut self.open_spool().await).await
    }

    pub(super) async fn trail(&self) -> TestTrail {
        self.trail_with_limit(LIMIT).await
    }

    pub(super) async fn trail_with_limit(&self, limit: u64) -> TestTrail {
        let service = kit::Service::for_tests(kit::package!());
        let (writer, task) =
            TrailWriter::new(&service, self.store.clone(), self.spool(limit).await, TRAIL);
        TestTrail { writer, service, task: Some(task) }
    }

    /// The database, as another process would open it.
    pub(super) fn database(&self) -> Database {
        crate::testing::open(&self.database).database
    }

    /// Adds a rule to the schema that only the database checks.
    pub(super) async fn refuse(&self, event_type: &str) {
        let rule = if self.database.is_postgres() {
            format!(
                "ALTER TABLE audit_events ADD CONSTRAINT \"no such type\" CHECK (event_type <> '{event_type}')"
            )
        } else {
            format!(
                "CREATE TRIGGER audit_events_refuse_type BEFORE INSERT ON audit_events
                 WHEN NEW.event_type = '{event_type}'
                 BEGIN SELECT RAISE(ABORT, 'no such type'); END"
            )
        };
        let mut transaction = self.database().begin().await.expect("begun");
        let made = sqlx::raw_sql(sqlx::AssertSqlSafe(rule)).execute(&mut *transaction).await;
        made.expect("a rule");
        transaction.commit().await.expect("committed");
    }

    /// All events in the order in which they were stored.
    pub(super) async fn stored(&self) -> Vec<Event> {
        let mut snapshot = self.database().snapshot().await.expect("begun");
        // The place in the file; nothing is ever deleted. PostgreSQL fills one page for
        // each connection, so there the transactions come first, which have an order.
        let place = match self.database.is_postgres() {
            true => "CAST(CAST(xmin AS text) AS bigint), ctid",
            false => "rowid",
        };
        let query = format!("SELECT event_id FROM audit_events ORDER BY {place}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut *snapshot).await;
        let mut events = Vec::new();
        for row in rows.expect("rows") {
            let event_id: String = row.get("event_id");
            let event = self.store.event(event_id.parse().expect("a UUID")).await;
            events.push(event.expect("read").expect("there"));
        }
        events
    }
}

impl TestTrail {
    /// Hands over events, which may have no task to answer them yet. Returns when the
    /// request waits.
    pub(super) async fn hand_over(&self, events: &[NewEvent]) -> JoinHandle<Answer> {
        let waiting = CAPACITY - self.writer.requests.capacity();
        let (writer, events) = (self.writer.clone(), events.to_vec());
        let answer = tokio::spawn(async move { writer.append(events).await });
        while CAPACITY - self.writer.requests.capacity() == waiting {
            tokio::task::yield_now().await;
        }
        answer
    }

    pub(super) fn run(&mut self) {
        tokio::spawn(self.task.take().expect("it does not run yet").run());
    }

    pub(super) fn metric(&self, name: &str) -> u64 {
        let text = self.service.metrics.text().expect("metrics");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.expect("such a metric").parse().expect("a number")
    }

    /// Waits until the spool is empty.
    pub(super) async fn drained(&self) {
        let deadline = Instant::now() + TEST_TIMEOUT;
        while self.metric("datastorage_spool_depth") > 0 {
            assert!(Instant::now() < deadline, "the spool is not drained");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(super) fn event(number: usize) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data: json!({ "number": number, "weight": 0.1 }),
    })
}

/// Another event with the same id.
pub(super) fn rival(event: &NewEvent) -> NewEvent {
    NewEvent { event_action: "dropped".to_owned(), ..event.clone() }
}
