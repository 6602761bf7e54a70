//! The outermost layer of every service: request ids, log spans, limits of time
//! and size, and the completion of problem documents.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tracing::Instrument;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::problem::{Problem, ProblemKind, Violation};

/// The largest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How long a request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of an oversized body is read and discarded before the answer.
/// Closing a connection with unread bytes resets it, and the client would not
/// see the 413.
pub(crate) const DISCARD_LIMIT: usize = 8 * BODY_LIMIT;

/// The header that carries the request id.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// The accepted request ids, as a regular expression for the OpenAPI document.
pub(crate) const REQUEST_ID_PATTERN: &str = "^[A-Za-z0-9._:/+=@-]{1,128}$";

/// The id of a request in the log: the caller's `X-Request-Id` if it is
/// accepted, else a new UUIDv7. Handlers find it in the request's extensions.
#[derive(Clone, Debug)]
pub struct RequestId(String);

tokio::task_local! {
    /// The id of the request that this task handles.
    static CURRENT: RequestId;
}

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let sensible = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&b))
        };
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        match given.filter(sensible) {
            Some(id) => Self(id.to_owned()),
            None => Self(Uuid::now_v7().to_string()),
        }
    }

    /// The id of the request that is being handled; outside of one a new id.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_else(|_| Self(Uuid::now_v7().to_string()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The state of the edge.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) metrics: Metrics,
    pub(crate) timeout: Duration,
}

/// The outermost layer of every service.
pub(crate) async fn edge(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    request.extensions_mut().insert(id.clone());

    let span = tracing::info_span!("request", request_id = id.as_str(), %method, path);
    async move {
        let start = Instant::now();
        let answer = limited(edge.timeout, request, next);
        let mut response = CURRENT.scope(id.clone(), answer).await;
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            let body = problem.located(&path, id.as_str()).to_json();
            response.headers_mut().remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::from(body);
        }
        let id = HeaderValue::from_str(id.as_str()).expect("ids are visible ASCII");
        response.headers_mut().insert(REQUEST_ID, id);

        let took = start.elapsed();
        edge.metrics.request(&method, &route, response.status(), took);
        log(&route, &method, response.status(), took);
        response
    }
    .instrument(span)
    .await
}

async fn limited(timeout: Duration, request: Request, next: Next) -> Response {
    let answer = async {
        let (parts, body) = request.into_parts();
        match read(body).await {
            Read::Whole(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
            Read::TooLarge => {
                let detail = format!("the body is larger than {BODY_LIMIT} bytes");
                Problem::new(ProblemKind::PayloadTooLarge, detail).into_response()
            }
            // The client disconnected or sent an invalid transfer coding.
            Read::Broken(error) => {
                let message = format!("could not be read: {error}");
                let violation = Violation { field: "$".to_owned(), message };
                Problem::validation(vec![violation]).into_response()
            }
        }
    };
    tokio::time::timeout(timeout, answer).await.unwrap_or_else(|_| {
        let detail = format!("the request took longer than {}", crate::duration::format(timeout));
        Problem::new(ProblemKind::ServiceUnavailable, detail).into_response()
    })
}

/// The outcome of reading a body.
enum Read {
    Whole(Bytes),
    TooLarge,
    Broken(axum::Error),
}

/// Reads a body to its end, even if the request is refused.
///
/// A request may be refused for its path, method or media type. If its body was
/// left unread, the connection would be closed while the client is still
/// sending, and the client might not see the refusal.
async fn read(body: Body) -> Read {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let mut seen = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => return Read::Broken(error),
        };
        seen += chunk.len();
        if seen > DISCARD_LIMIT {
            return Read::TooLarge;
        }
        if seen <= BODY_LIMIT {
            whole.extend_from_slice(&chunk);
        }
    }
    if seen > BODY_LIMIT { Read::TooLarge } else { Read::Whole(whole.into()) }
}

/// Logs one line per request; probes and scrapes at debug level.
fn log(route: &str, method: &Method, status: StatusCode, took: Duration) {
    let status = status.as_u16();
    let took_ms = took.as_secs_f64() * 1000.0;
    if method == Method::GET && (route.starts_with("/health/") || route == "/metrics") {
        tracing::debug!(status, took_ms, "answered");
    } else {
        tracing::info!(status, took_ms, "answered");
    }
}
