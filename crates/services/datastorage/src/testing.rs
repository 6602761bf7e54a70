//! For unit tests: the service on a database of its own.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use contract::datastorage::{Category, Essentials, NewEvent, Outcome};
use kit::database::{DatabaseConfig, Transaction};
use serde_json::{Value, json};
use testing::TestDatabase;
use tower::ServiceExt as _;

use crate::audit::trail::TrailWriter;
use crate::config::TrailConfig;
use crate::spool::Spool;
use crate::state::State;
use crate::store::Store;

/// Longer than any step of a working test takes.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// How the trail of a test waits.
pub(crate) const TRAIL: TrailConfig = TrailConfig {
    commit_timeout: Duration::from_secs(3),
    probe_interval: Duration::from_millis(100),
};

/// The service with a database and a spool of its own.
pub(crate) struct TestService {
    app: Router,
    pub(crate) service: kit::Service,
    pub(crate) state: State,
    pub(crate) database: TestDatabase,
}

impl TestService {
    pub(crate) async fn new() -> Self {
        Self::with_spool(1000).await
    }

    pub(crate) async fn with_spool(max_events: u64) -> Self {
        let database = TestDatabase::sqlite();
        let store = store(&database).await;
        let service = kit::Service::for_tests(kit::package!());
        let spool = Spool::open(&database.folder().join("spool"), max_events).await;
        let (trail, task) =
            TrailWriter::new(&service, store.clone(), spool.expect("a spool"), TRAIL);
        tokio::spawn(task.run());
        let state = State::new(&service, store, trail);
        let app = crate::app(&service, state.clone());
        Self { app, service, state, database }
    }

    /// Takes the write lock of the database, as another process could.
    pub(crate) async fn lock_database(&self) -> Transaction {
        open(&self.database).database.begin_exclusive().await.expect("the write lock")
    }

    /// Waits until a metric has a value.
    pub(crate) async fn until_metric(&self, name: &str, value: u64) {
        let line = format!("{name} {value}\n");
        let deadline = Instant::now() + TEST_TIMEOUT;
        loop {
            let text = self.service.metrics.text().expect("metrics");
            if text.contains(&line) {
                return;
            }
            assert!(Instant::now() < deadline, "no {line} in {text}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the trail task, as a graceful stop does.
    pub(crate) async fn close(&self) {
        self.state.trail.close().await;
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let response = self.response(method, path, body, &[]).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// Sends a request with these headers, and returns the whole response.
    pub(crate) async fn response(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.app.clone().oneshot(request.expect("a request")).await.expect("infallible")
    }

    pub(crate) async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events", Some(body)).await
    }

    pub(crate) async fn batch(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events/batch", Some(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, None).await
    }

    pub(crate) async fn total(&self, correlation_id: &str) -> Value {
        let (status, page) =
            self.get(&format!("/api/v1/audit/events?correlation_id={correlation_id}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["pagination"]["total"].clone()
    }
}

/// A database, migrated.
pub(crate) async fn store(database: &TestDatabase) -> Store {
    let store = open(database);
    store.database.migrate(TEST_TIMEOUT).await.expect("migrated");
    store
}

/// Opens a database, as another process would.
pub(crate) fn open(database: &TestDatabase) -> Store {
    Store::new(DatabaseConfig::new(database.url().parse().expect("a good URL")))
}

pub(crate) fn event(correlation_id: &str) -> Value {
    let event = NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id,
        data: json!({ "n": 1 }),
    });
    serde_json::to_value(event).expect("serializable")
}

pub(crate) fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}
