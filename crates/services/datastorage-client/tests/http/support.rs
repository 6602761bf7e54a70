//! A fake DataStorage with programmed answers, on a real socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};

/// The server, stopped when dropped.
pub(crate) struct FakeServer {
    pub(crate) url: String,
    state: Arc<Mutex<Script>>,
    changed: tokio::sync::watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<(StatusCode, Value)>,
    calls: Vec<Call>,
}

/// One call as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    pub(crate) body: Value,
    pub(crate) bytes: usize,
    pub(crate) at: Instant,
}

type Shared = (Arc<Mutex<Script>>, Arc<tokio::sync::watch::Sender<usize>>);

impl FakeServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(Script::default()));
        let (sender, changed) = tokio::sync::watch::channel(0);
        let app = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state((Arc::clone(&state), Arc::new(sender)));
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("a server");
        });
        Self { url, state, changed, task }
    }

    /// Queues an answer; without one, a batch is answered with its ids.
    pub(crate) fn will_answer(&self, status: u16, body: Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.state.lock().expect("not poisoned").answers.push_back((status, body));
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.lock().expect("not poisoned").calls.clone()
    }

    /// Waits until `count` calls have arrived.
    pub(crate) async fn wait_for_calls(&self, count: usize) -> Vec<Call> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut changed = self.changed.clone();
        let waited = timeout_at(deadline, changed.wait_for(|seen| *seen >= count)).await;
        assert!(waited.is_ok(), "waited for {count} calls, saw {:#?}", self.calls());
        self.calls()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State((state, changed)): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    bytes: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let mut script = state.lock().expect("not poisoned");
    script.calls.push(Call {
        method,
        path_and_query: uri.to_string(),
        body: body.clone(),
        bytes: bytes.len(),
        at: Instant::now(),
    });
    let (status, answer) = script.answers.pop_front().unwrap_or_else(|| {
        let ids: Vec<&Value> =
            body.as_array().into_iter().flatten().map(|event| &event["event_id"]).collect();
        (StatusCode::CREATED, json!({ "event_ids": ids }))
    });
    let seen = script.calls.len();
    drop(script);
    changed.send_replace(seen);
    (status, Json(answer)).into_response()
}
