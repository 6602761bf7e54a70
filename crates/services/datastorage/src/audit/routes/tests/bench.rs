//! The service on a database of its own.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use datastorage_client::{Category, Essentials, NewEvent, Outcome};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::state::State;
use crate::store::Store;

/// The service, and what it stands on.
pub(super) struct Bench {
    app: Router,
    pub(super) service: kit::Service,
    pub(super) folder: tempfile::TempDir,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        store
            .database
            .migrate(std::time::Duration::from_secs(20))
            .await
            .expect("migrated");
        let service = kit::Service::for_tests(kit::package!());
        let app = crate::app(&service, State::new(&service, store));
        Self {
            app,
            service,
            folder,
        }
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
        let response = self
            .app
            .clone()
            .oneshot(request.expect("a request"))
            .await
            .expect("infallible");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    pub(super) async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events", Some(body)).await
    }

    pub(super) async fn batch(&self, body: &Value) -> (StatusCode, Value) {
        self.send("POST", "/api/v1/audit/events/batch", Some(body))
            .await
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, None).await
    }

    pub(super) async fn total(&self, correlation_id: &str) -> Value {
        let (status, page) = self
            .get(&format!(
                "/api/v1/audit/events?correlation_id={correlation_id}"
            ))
            .await;
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
