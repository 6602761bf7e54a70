//! The service on a database of its own.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use datastorage_client::{Category, Essentials, NewEvent, Outcome};
use kit::database::Database;
use serde_json::{Value, json};
use sqlx::Transaction;
use tower::ServiceExt as _;

use crate::audit::trail::Trail;
use crate::spool::{Limits, Spool};
use crate::state::State;
use crate::store::Store;

/// Long enough for anything that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// The service, and what it stands on.
pub(super) struct Bench {
    app: Router,
    pub(super) service: kit::Service,
    pub(super) folder: tempfile::TempDir,
    trail: Trail,
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with_spool(Limits::events(1000)).await
    }

    pub(super) async fn with_spool(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        store.database.migrate(PATIENCE).await.expect("migrated");
        let service = kit::Service::for_tests(kit::package!());
        let spool = Spool::open(&folder.path().join("spool"), limits).expect("a spool");
        let (trail, writer) = Trail::new(&service, store.clone(), spool);
        tokio::spawn(writer.run());
        let app = crate::app(&service, State::new(&service, store, trail.clone()));
        Self { app, service, folder, trail }
    }

    /// Keeps the database from being written, as another process could.
    pub(super) async fn take_the_database_away(&self) -> Transaction<'static, sqlx::Sqlite> {
        let Database::Sqlite(other) = open(&self.folder).database;
        other.begin().await.expect("the write lock")
    }

    /// Waits until a metric has a value.
    pub(super) async fn until_metric(&self, name: &str, value: u64) {
        let line = format!("{name} {value}\n");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.service.metrics.text().expect("metrics");
            if text.contains(&line) {
                return;
            }
            assert!(Instant::now() < deadline, "no {line} in {text}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the writer, as a graceful stop does.
    pub(super) async fn close(&self) {
        self.trail.close().await;
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response =
            self.app.clone().oneshot(request.expect("a request")).await.expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    pub(super) async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events", Some(body)).await
    }

    pub(super) async fn batch(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events/batch", Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, None).await
    }

    pub(super) async fn total(&self, correlation_id: &str) -> Value {
        let (status, page) =
            self.get(&format!("/api/v1/audit/events?correlation_id={correlation_id}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["pagination"]["total"].clone()
    }
}

pub(super) fn open(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}", folder.path().join("trail.db").display());
    Store::new(url.parse().expect("a good URL"))
}

pub(super) fn event(correlation_id: &str) -> Value {
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

pub(super) fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}
