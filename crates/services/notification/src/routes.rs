//! The routes of notifications.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Endpoint as _;
use contract::notification::{
    CreateNotification, DeleteNotification, GetNotification, ListNotifications,
};
use kit::page::{Page, PageRequest};
use kit::{Json, Path, Problem, Query};
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::delivery::now;
use crate::model::{Notification, NotificationQuery, RULES, Spec, admit, for_display, scrubbed};
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

/// Accepts a notification. It is sent in the background; read it to get its
/// status. The same request again answers 200 and sends nothing again. A
/// `slack` channel without an address is refused if the service has no
/// `SLACK_URL`.
#[utoipa::path(post, path = CreateNotification::PATH, tag = "notifications",
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
    let spec = admit(spec).map_err(Problem::validation)?;
    let name = spec.name.clone();
    // Route by the unscrubbed request, since scrubbing may change labels.
    let receiver = state.routing.receiver(&spec).map_err(Problem::validation)?;
    match state.store.create(scrubbed(spec), receiver, now()).await? {
        CreateOutcome::New(notification) => {
            tracing::info!(
                notification = name,
                correlation_id = notification.spec.correlation_id,
                "accepted"
            );
            state.wake.notify_one();
            let location = HeaderValue::try_from(format!("/api/v1/notifications/{name}"))
                .map_err(anyhow::Error::from)?;
            let body = Json(for_display(notification));
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
        }
        CreateOutcome::Same(notification) => Ok(Json(for_display(notification)).into_response()),
        CreateOutcome::Other => {
            Err(Problem::conflict(format!("there is a notification {name} with other content")))
        }
    }
}

/// Lists notifications, newest first.
#[utoipa::path(get, path = ListNotifications::PATH, tag = "notifications",
    params(NotificationQuery),
    responses(
        (status = 200, body = Page<Notification>),
    ))]
async fn list(
    State(state): State<AppState>,
    Query(query): Query<NotificationQuery>,
) -> Result<Json<Page<Notification>>, Problem> {
    let page = PageRequest::new(query.limit, query.offset.map(u64::from));
    let NotificationQuery { phase, correlation_id, offset, .. } = query;
    let offset = offset.unwrap_or(0);
    let filter = Filter { phase, correlation_id, limit: page.limit, offset };
    let (data, total) = state.store.list(&filter).await?;
    Ok(Json(page.answer(data.into_iter().map(for_display).collect(), total)))
}

/// One notification with its status.
#[utoipa::path(get, path = GetNotification::PATH, tag = "notifications",
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
    found.map(|found| Json(for_display(found))).ok_or_else(|| missing(&name))
}

/// Deletes a notification. Running attempts end; no others follow.
#[utoipa::path(delete, path = DeleteNotification::PATH, tag = "notifications",
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

fn missing(name: &str) -> Problem {
    Problem::not_found(format_args!("notification {name}"))
}

#[cfg(test)]
#[path = "routes_tests/mod.rs"]
mod tests;
