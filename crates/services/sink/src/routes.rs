//! The sink's routes.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use contract::Endpoint as _;
use contract::sink::{
    ListRequests, Program, ProgramAnswers, RecordedRequest, RecordedRequests, ResetWebhook,
};
use kit::{Body, Json, Path, Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::response::responses;
use crate::webhooks::{LimitReached, Recorded, Webhooks};

/// All routes, with empty webhooks.
pub(crate) fn app(service: &kit::Service) -> Router {
    let routes = OpenApiRouter::new()
        .routes(routes!(requests))
        .routes(routes!(program))
        .routes(routes!(reset))
        .route("/hook/{name}", any(record))
        .route("/hook/{name}/{*rest}", any(record))
        .with_state(Webhooks::default());
    kit::router(service, routes)
}

/// The name of the webhook in a path. The rest of the path is recorded with the
/// request.
#[derive(Debug, Deserialize)]
struct WebhookPath {
    name: String,
}

/// Answer of a webhook without a programmed response.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    /// The number of the request on this webhook, from 0.
    recorded: usize,
}

/// Lists the recorded requests of a webhook.
#[utoipa::path(get, path = ListRequests::PATH, tag = "control",
    params(("name" = String, Path, description = "The hook's name")),
    responses((status = 200, body = RecordedRequests)))]
async fn requests(
    State(webhooks): State<Webhooks>,
    Path(name): Path<String>,
) -> Json<RecordedRequests> {
    let (requests, responses_left) = webhooks.requests(&name);
    Json(RecordedRequests { requests, responses_left })
}

/// Replaces the programmed responses of a webhook: a list of `status`,
/// `headers`, `delay_ms`, `body` and `times`. Answers that are delayed are given
/// at once.
#[utoipa::path(put, path = ProgramAnswers::PATH, tag = "control",
    params(("name" = String, Path, description = "The hook's name")),
    request_body = Program,
    responses(
        (status = 204, description = "Programmed"),
    ))]
async fn program(
    State(webhooks): State<Webhooks>,
    Path(name): Path<String>,
    Json(program): Json<Program>,
) -> Result<StatusCode, Problem> {
    let responses = responses(program).map_err(Problem::validation)?;
    webhooks.program(&name, responses)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes the recorded requests and the programmed responses of a webhook.
#[utoipa::path(delete, path = ResetWebhook::PATH, tag = "control",
    params(("name" = String, Path, description = "The hook's name")),
    responses((status = 204, description = "Forgotten")))]
async fn reset(State(webhooks): State<Webhooks>, Path(name): Path<String>) -> StatusCode {
    webhooks.reset(&name);
    StatusCode::NO_CONTENT
}

async fn record(
    State(webhooks): State<Webhooks>,
    Path(WebhookPath { name }): Path<WebhookPath>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, Problem> {
    let received_at = OffsetDateTime::now_utc();
    let (text, body_hex) = match String::from_utf8(body.to_vec()) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(hex(error.as_bytes()))),
    };
    let mut recorded = webhooks.record(&name, &body, |index, status| RecordedRequest {
        index,
        received_at,
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        headers: pairs(&headers),
        body: text,
        body_hex,
        status,
    })?;
    let status = recorded.response.status.as_u16();
    tracing::info!(hook = name, index = recorded.index, status, "recorded");

    recorded.delay().await;
    let Recorded { index, response, .. } = recorded;
    let mut answer = match response.body {
        Some(body) => (response.status, body).into_response(),
        None => (response.status, Json(Receipt { recorded: index })).into_response(),
    };
    for (name, value) in response.headers {
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<LimitReached> for Problem {
    fn from(LimitReached(detail): LimitReached) -> Self {
        Self::new(ProblemKind::ServiceUnavailable, detail)
    }
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
