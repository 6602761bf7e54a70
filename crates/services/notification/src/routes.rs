//! The routes of notifications.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kit::{FromInput, Json, Node, Path, Problem, Query};
use serde::Serialize;
use tokio::sync::Notify;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::delivery::now;
use crate::model::{Notification, Phase, RULES, Spec};
use crate::routing::Routing;
use crate::store::{CreateOutcome, Filter, Store};

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The stored notifications.
    pub store: Store,
    /// The routing of notifications that name no channels.
    pub routing: Arc<Routing>,
    /// Wakes the dispatcher when there is something new.
    pub wake: Arc<Notify>,
}

/// The routes and their description.
pub(crate) fn routes(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, delete))
        .with_state(state)
}

/// A page of notifications.
#[derive(Debug, Serialize, ToSchema)]
struct Page {
    /// Newest first.
    data: Vec<Notification>,
    /// The position of the page in the list.
    pagination: Pagination,
}

/// The position of a page in the list.
#[derive(Debug, Serialize, ToSchema)]
struct Pagination {
    /// The requested size.
    limit: u32,
    /// How many notifications were skipped.
    offset: u32,
    /// How many notifications the filters select.
    total: u64,
    /// Whether there are more after this page.
    has_more: bool,
}

/// The query of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query, which `Filter` reads")]
struct ListQuery {
    /// Only those in this phase.
    phase: Option<Phase>,
    /// Only those with this correlation id.
    #[param(min_length = 1, max_length = 255)]
    correlation_id: Option<String>,
    /// The largest number of notifications.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// How many notifications to skip.
    #[param(minimum = 0, maximum = 1_000_000)]
    offset: Option<u32>,
}

/// Accepts a notification. It is sent in the background; read it to get its
/// status. The same request again answers 200 and sends nothing again. A
/// `slack` channel without an address is refused if the service has no
/// `SLACK_URL`.
#[utoipa::path(post, path = "/api/v1/notifications", tag = "notifications",
    request_body = Spec,
    extensions(("x-rules" = json!(RULES))),
    responses(
        (status = 201, description = "Accepted", body = Notification, headers(("Location" = String))),
        (status = 200, description = "It was there already", body = Notification),
        (status = 409, description = "The name is taken by one with other content",
            body = Problem),
    ))]
async fn create(
    State(state): State<AppState>,
    Json(spec): Json<Spec>,
) -> Result<Response, Problem> {
    let name = spec.name.clone();
    // Route by the unscrubbed request, since scrubbing may change labels.
    let receiver = state.routing.receiver(&spec).map_err(Problem::validation)?;
    match state.store.create(spec.scrubbed(), receiver, now()).await? {
        CreateOutcome::New(notification) => {
            tracing::info!(
                notification = name,
                correlation_id = notification.spec.correlation_id,
                "accepted"
            );
            state.wake.notify_one();
            let location = HeaderValue::try_from(format!("/api/v1/notifications/{name}"))
                .map_err(anyhow::Error::from)?;
            let body = Json(notification.for_display());
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
        }
        CreateOutcome::Same(notification) => Ok(Json(notification.for_display()).into_response()),
        CreateOutcome::Other => {
            Err(Problem::conflict(format!("there is a notification {name} with other content")))
        }
    }
}

/// Lists notifications, newest first.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications",
    params(ListQuery),
    responses(
        (status = 200, body = Page),
    ))]
async fn list(
    State(state): State<AppState>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page>, Problem> {
    let (data, total) = state.store.list(&filter).await?;
    let shown = u64::from(filter.offset) + data.len() as u64;
    let pagination = Pagination {
        limit: filter.limit,
        offset: filter.offset,
        total,
        has_more: shown < total && !data.is_empty(),
    };
    let data = data.into_iter().map(Notification::for_display).collect();
    Ok(Json(Page { data, pagination }))
}

/// One notification with its status.
#[utoipa::path(get, path = "/api/v1/notifications/{name}", tag = "notifications",
    params(("name" = String, Path, description = "The notification's name")),
    responses(
        (status = 200, body = Notification),
        (status = 404, body = Problem),
    ))]
async fn read(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Notification>, Problem> {
    let found = state.store.get(&name).await?;
    found.map(|found| Json(found.for_display())).ok_or_else(|| missing(&name))
}

/// Deletes a notification. Running attempts end; no others follow.
#[utoipa::path(delete, path = "/api/v1/notifications/{name}", tag = "notifications",
    params(("name" = String, Path, description = "The notification's name")),
    responses(
        (status = 204, description = "Forgotten"),
        (status = 404, body = Problem),
    ))]
async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if state.store.delete(&name).await? { Ok(StatusCode::NO_CONTENT) } else { Err(missing(&name)) }
}

impl FromInput for Filter {
    fn read(node: Node<'_>) -> Option<Self> {
        const PHASES: [(&str, Phase); 6] = [
            ("Pending", Phase::Pending),
            ("Sending", Phase::Sending),
            ("Retrying", Phase::Retrying),
            ("Sent", Phase::Sent),
            ("PartiallySent", Phase::PartiallySent),
            ("Failed", Phase::Failed),
        ];
        node.object(|object| {
            let phase = object.optional("phase", |node| node.one_of(&PHASES));
            let correlation_id = object.optional("correlation_id", |node| node.string(1..=255));
            let limit = object.optional("limit", |node| node.integer(1..=1000));
            let offset = object.optional("offset", |node| node.integer(0..=1_000_000));
            Some(Self {
                phase: phase?,
                correlation_id: correlation_id?,
                limit: u32::try_from(limit?.unwrap_or(100)).ok()?,
                offset: u32::try_from(offset?.unwrap_or(0)).ok()?,
            })
        })
    }
}

fn missing(name: &str) -> Problem {
    Problem::not_found(format_args!("notification {name}"))
}

#[cfg(test)]
#[path = "routes_tests/mod.rs"]
mod tests;
