//! The HTTP interface.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use contract::Endpoint as _;
use contract::gateway::{
    AlertStatus, AlertmanagerWebhook, KubernetesEvent, PostAlerts, PostKubernetesEvent,
    SignalOutcome, SignalReceipt, SignalSource, SignalsReceipt,
};
use kit::{Json, Problem, Violation};
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::submit::{Gateway, Submitted};
use crate::timestamp::TimestampHeader;
use crate::{signal, timestamp};

/// The largest body: what Alertmanager sends is far smaller.
pub const BODY_LIMIT: usize = 100 * 1024;

/// The rules that schemas cannot express; see [`kit::document::RULES`].
const RULES: [&str; 6] = [
    "x-timestamp is required",
    "x-timestamp must not be",
    "alerts must have a label",
    "alerts must have one of the labels",
    "alerts must be what the orchestrator",
    "$ must be what the orchestrator",
];

type Answer = Result<(StatusCode, Json<SignalsReceipt>), Problem>;

/// The routes and their description.
pub fn routes(gateway: Gateway) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(alertmanager))
        .routes(routes!(kubernetes_event))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(gateway)
}

/// Takes a group of alerts. A request is made for each that fires, unless there is
/// one. One that is no signal does not hold up the others.
#[utoipa::path(post, path = PostAlerts::PATH, tag = "signals",
    params(TimestampHeader),
    request_body = AlertmanagerWebhook,
    responses(
        (status = 200, body = SignalsReceipt, description = "None of them fires"),
        (status = 201, body = SignalsReceipt, description = "A request was made"),
        (status = 202, body = SignalsReceipt, description = "There are requests for them"),
        (status = 503, body = Problem, description = "The orchestrator is unavailable; to be sent again"),
    ),
    extensions(("x-rules" = json!(RULES))))]
async fn alertmanager(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    Json(webhook): Json<AlertmanagerWebhook>,
) -> Answer {
    timestamp::check(&headers, &gateway.limits, OffsetDateTime::now_utc())?;
    let mut signals = Vec::new();
    let mut places = Vec::new();
    let mut receipts = Vec::new();
    for (index, alert) in webhook.alerts.iter().enumerate() {
        let (status, message) = match signal::of_alert(alert) {
            _ if alert.status == AlertStatus::Resolved => (SignalOutcome::Resolved, None),
            Ok(signal) => {
                signals.push(signal);
                places.push(index);
                (SignalOutcome::Created, None)
            }
            Err(message) => (SignalOutcome::Refused, Some(message)),
        };
        let (fingerprint, request) = (None, None);
        receipts.push(SignalReceipt { status, fingerprint, request, repetitions: 0, message });
    }
    let submitted = gateway.submit(SignalSource::Alertmanager, signals).await?;
    for (place, receipt) in places.into_iter().zip(told(submitted)?) {
        receipts[place] = receipt;
    }
    answer(receipts, |index| format!("alerts[{index}]"))
}

/// Takes an event. A request is made for it, unless there is one.
#[utoipa::path(post, path = PostKubernetesEvent::PATH, tag = "signals",
    params(TimestampHeader),
    request_body = KubernetesEvent,
    responses(
        (status = 201, body = SignalsReceipt, description = "A request was made"),
        (status = 202, body = SignalsReceipt, description = "There is a request for it"),
        (status = 503, body = Problem, description = "The orchestrator is unavailable; to be sent again"),
    ),
    extensions(("x-rules" = json!(RULES))))]
async fn kubernetes_event(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    Json(event): Json<KubernetesEvent>,
) -> Answer {
    timestamp::check(&headers, &gateway.limits, OffsetDateTime::now_utc())?;
    let signals = vec![signal::of_event(&event)];
    let submitted = gateway.submit(SignalSource::KubernetesEvent, signals).await?;
    answer(told(submitted)?, |_| "$".to_owned())
}

/// The receipts, if the orchestrator has taken all signals.
fn told(submitted: Vec<Submitted>) -> Result<Vec<SignalReceipt>, Problem> {
    let mut receipts = Vec::new();
    let mut longest = None;
    let count = submitted.len();
    for one in submitted {
        match one {
            Submitted::Receipt(receipt) => receipts.push(receipt),
            Submitted::Unavailable(wait) => longest = longest.max(Some(wait)),
        }
    }
    let Some(wait) = longest else { return Ok(receipts) };
    let left = count - receipts.len();
    let detail = format!("the orchestrator is unavailable for {left} of {count} signals");
    Err(Problem::unavailable(detail, wait))
}

/// The answer for all signals: the most important outcome decides. If none was good
/// for anything, it says why.
fn answer(signals: Vec<SignalReceipt>, field: impl Fn(usize) -> String) -> Answer {
    let statuses = signals.iter().map(|receipt| receipt.status);
    let status = statuses.min().unwrap_or(SignalOutcome::Resolved);
    let code = match status {
        SignalOutcome::Created => StatusCode::CREATED,
        SignalOutcome::Duplicate => StatusCode::ACCEPTED,
        SignalOutcome::Resolved => StatusCode::OK,
        SignalOutcome::Refused => {
            let messages = signals.into_iter().map(|receipt| receipt.message).enumerate();
            let violations = messages.filter_map(|(index, message)| {
                Some(Violation { field: field(index), message: message? })
            });
            return Err(Problem::validation(violations.collect()));
        }
    };
    Ok((code, Json(SignalsReceipt { status, signals })))
}
