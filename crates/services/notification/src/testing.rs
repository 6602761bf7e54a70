//! Fixtures for the tests of the store and the dispatcher: a new database, a
//! receiver with programmed answers, a fake DataStorage.

use std::collections::{BTreeMap, VecDeque};
use std::future::IntoFuture as _;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use kit::check::Schema;
use kit::database::DatabaseConfig;
use kit::state::{self, StateConfig};
use kit::work::WorkConfig;
use serde_json::{Value, json};
use testing::TestDatabase;

use crate::model::{Spec, admit};
use crate::store::{MIGRATIONS, Store};

/// How long anything in these tests may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A database, prepared.
pub(crate) async fn store(database: &TestDatabase) -> Store {
    let store = open(database);
    store.database.migrate(DEADLINE).await.expect("a new database");
    store
}

/// A database as another process opens it, not yet prepared.
pub(crate) fn open(database: &TestDatabase) -> Store {
    let config = StateConfig {
        database: DatabaseConfig::new(database.url().parse().expect("a good URL")),
        work: WorkConfig { lease: DEADLINE, database_retry: Duration::from_millis(100) },
        datastorage_url: "http://nobody.invalid".to_owned(),
        audit_batch_wait: DEADLINE,
    };
    Store::new(&state::State::new(config, MIGRATIONS).expect("an address"))
}

/// A request with these channels, tried again after 5 ms, at most 3 attempts.
pub(crate) fn spec(name: &str, channels: &Value) -> Spec {
    let input = json!({
        "name": name, "correlation_id": format!("rr-{name}"), "subject": "s", "body": "b",
        "channels": channels, "retry": { "initial": "5ms", "attempts": 3 },
    });
    read_spec(&input).expect("a good request")
}

/// Reads a request as the service does.
pub(crate) fn read_spec(input: &Value) -> Result<Spec, Vec<kit::Violation>> {
    static SPEC: LazyLock<Schema> = LazyLock::new(Schema::of::<Spec>);
    SPEC.read(input.clone()).and_then(admit)
}

/// Calls `look` until it returns a value.
pub(crate) async fn eventually<T, F>(what: &str, look: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let start = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => {
                assert!(start.elapsed() < DEADLINE, "no {what} within {DEADLINE:?}: {seen}")
            }
        }
        tokio::task::yield_now().await;
    }
}

/// What a [`FakeReceiver`] was sent: headers and body.
pub(crate) type ReceivedRequest = (HeaderMap, Value);

/// A receiver of webhooks.
#[derive(Clone, Default)]
pub(crate) struct FakeReceiver {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<Mutex<Vec<ReceivedRequest>>>,
}

/// What a [`FakeReceiver`] answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Status(u16),
    /// 400 with this body.
    BadRequest(&'static str),
    RetryAfterASecond,
    /// Takes the request and never answers.
    Never,
}

impl FakeReceiver {
    /// Starts a receiver that gives these answers and then 200. Returns the URL
    /// of its webhook.
    pub(crate) async fn start(answers: &[Answer]) -> (Self, String) {
        let receiver = Self::default();
        receiver.answers.lock().expect("no panic").extend(answers);
        let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
        (receiver, format!("{}/hook", serve(router).await))
    }

    pub(crate) fn received(&self) -> Vec<ReceivedRequest> {
        self.received.lock().expect("no panic").clone()
    }
}

async fn receive(
    State(receiver): State<FakeReceiver>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    receiver.received.lock().expect("no panic").push((headers, body));
    let answer = receiver.answers.lock().expect("no panic").pop_front();
    match answer.unwrap_or(Answer::Status(200)) {
        Answer::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Answer::BadRequest(body) => (StatusCode::BAD_REQUEST, body).into_response(),
        Answer::RetryAfterASecond => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

/// A fake DataStorage that stores events by id, as the real one does.
#[derive(Clone, Default)]
pub(crate) struct FakeTrail(Arc<Mutex<BTreeMap<String, Value>>>);

impl FakeTrail {
    /// Starts it and returns its address.
    pub(crate) async fn start() -> (Self, String) {
        let trail = Self::default();
        let router =
            Router::new().route("/api/v1/audit/events/batch", post(keep)).with_state(trail.clone());
        (trail, serve(router).await)
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.0.lock().expect("no panic").values().cloned().collect()
    }
}

async fn keep(
    State(trail): State<FakeTrail>,
    axum::Json(events): axum::Json<Vec<Value>>,
) -> (StatusCode, axum::Json<Value>) {
    let id = |event: &Value| event["event_id"].as_str().expect("an id").to_owned();
    let ids: Vec<_> = events.iter().map(id).collect();
    trail.0.lock().expect("no panic").extend(ids.iter().cloned().zip(events));
    (StatusCode::CREATED, axum::Json(json!({ "event_ids": ids })))
}

/// The address of a port that nobody listens on.
pub(crate) async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{address}")
}
