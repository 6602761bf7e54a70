//! A fake service with programmed answers, on a real socket.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use contract::AuditEvent;
use contract::datastorage::NewEvent;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout_at};

/// A service, stopped when dropped.
#[derive(Debug)]
pub struct FakePeer {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<Script>>,
    changed: tokio::sync::watch::Receiver<usize>,
    /// Taken when it is dropped.
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<(StatusCode, HeaderMap, Value)>,
    /// By path, for as long as nothing else is said.
    standing: BTreeMap<String, Standing>,
    calls: Vec<Call>,
}

/// Answers the calls of a path, by their number from 0 and their body.
struct Standing {
    calls: usize,
    answer: Program,
}

type Program = Box<dyn FnMut(usize, &Value) -> (u16, Value) + Send>;

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("calls", &self.calls).finish_non_exhaustive()
    }
}

/// One call as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query, escaped as they were sent.
    pub path_and_query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null if it was no JSON.
    pub body: Value,
    /// The size of the body.
    pub bytes: usize,
    /// When it arrived.
    pub at: Instant,
}

type Shared = (Arc<Mutex<Script>>, Arc<tokio::sync::watch::Sender<usize>>);

impl FakePeer {
    /// Starts one on a free port. It has a thread of its own, so it answers while a
    /// test waits for a process.
    ///
    /// # Panics
    ///
    /// When there is no port, or no thread.
    pub async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket of ours");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(Script::default()));
        let (sender, changed) = tokio::sync::watch::channel(0);
        let app = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state((Arc::clone(&state), Arc::new(sender)));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a thread");
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("it does not block");
            axum::serve(listener, app).await.expect("a server");
        });
        Self { url, state, changed, runtime: Some(runtime) }
    }

    /// Queues an answer; without one, a batch of events is answered with its
    /// ids.
    pub fn will_answer(&self, status: u16, body: Value) {
        self.will_answer_with(status, &[], body);
    }

    /// Queues an answer with headers.
    pub fn will_answer_with(&self, status: u16, headers: &[(&'static str, &str)], body: Value) {
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        self.state.lock().expect("not poisoned").answers.push_back((status, headers, body));
    }

    /// Answers every call of this path so, and takes nothing from the queue for it.
    pub fn always_answers(&self, path: &str, status: u16, body: Value) {
        self.answers_with(path, move |_, _| (status, body.clone()));
    }

    /// Answers the calls of this path by their number from 0 and their body, and
    /// takes nothing from the queue for them.
    pub fn answers_with(
        &self,
        path: &str,
        answer: impl FnMut(usize, &Value) -> (u16, Value) + Send + 'static,
    ) {
        let standing = Standing { calls: 0, answer: Box::new(answer) };
        self.state.lock().expect("not poisoned").standing.insert(path.to_owned(), standing);
    }

    /// The calls of this path so far.
    #[must_use]
    pub fn calls_of(&self, path: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.path_and_query == path);
        calls
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().expect("not poisoned").calls.clone()
    }

    /// What a trail was told, in order, each event once: what was sent twice has the
    /// same id. Waits until there are `count`.
    ///
    /// # Panics
    ///
    /// When there are not so many within 20 s, or more, or one that nobody emits.
    pub async fn told(&self, count: usize) -> Vec<(NewEvent, AuditEvent)> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut changed = self.changed.clone();
        loop {
            changed.mark_unchanged();
            let mut ids = BTreeSet::new();
            let batches = self.calls().into_iter().filter(|call| call.body.is_array());
            let events = batches.flat_map(|call| {
                serde_json::from_value::<Vec<NewEvent>>(call.body).expect("events")
            });
            let events: Vec<_> = events.filter(|event| ids.insert(event.event_id)).collect();
            if events.len() >= count {
                assert_eq!(events.len(), count, "{events:#?}");
                let typed = |event: NewEvent| {
                    let what = AuditEvent::of(&event).expect("an event of ours");
                    (event, what)
                };
                return events.into_iter().map(typed).collect();
            }
            let more = timeout_at(deadline, changed.changed()).await;
            assert!(more.is_ok(), "waited for {count} events, saw {events:#?}");
        }
    }

    /// Waits until `count` calls have arrived.
    pub async fn wait_for_calls(&self, count: usize) -> Vec<Call> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut changed = self.changed.clone();
        let waited = timeout_at(deadline, changed.wait_for(|seen| *seen >= count)).await;
        assert!(waited.is_ok(), "waited for {count} calls, saw {:#?}", self.calls());
        self.calls()
    }
}

impl Drop for FakePeer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(
    State((state, changed)): State<Shared>,
    method: Method,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    bytes: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let mut script = state.lock().expect("not poisoned");
    script.calls.push(Call {
        method,
        path_and_query: uri.to_string(),
        headers,
        body: body.clone(),
        bytes: bytes.len(),
        at: Instant::now(),
    });
    let standing = script.standing.get_mut(uri.path()).map(|standing| {
        let (status, answer) = (standing.answer)(standing.calls, &body);
        standing.calls += 1;
        (StatusCode::from_u16(status).expect("a status"), HeaderMap::new(), answer)
    });
    let (status, headers, answer) =
        standing.or_else(|| script.answers.pop_front()).unwrap_or_else(|| {
            let ids: Vec<&Value> =
                body.as_array().into_iter().flatten().map(|event| &event["event_id"]).collect();
            (StatusCode::CREATED, HeaderMap::new(), json!({ "event_ids": ids }))
        });
    let seen = script.calls.len();
    drop(script);
    changed.send_replace(seen);
    (status, headers, Json(answer)).into_response()
}
