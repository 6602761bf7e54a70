//! The HTTP interface of the trail.

use axum::extract;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use datastorage_client::{BatchReceipt, Event, EventPage, NewEvent, Receipt};
use kit::{Json, Path, Problem, Query, Violation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::admission::Rejection;
use super::intake::{BatchIntake, Intake};
use super::records::{Found, RecordError};
use super::search::Search;
use crate::page::pagination;
use crate::state::State;

/// The routes of the trail, with their documentation.
pub fn routes(state: State) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create, search))
        .routes(routes!(create_batch))
        .routes(routes!(get))
        .with_state(state)
}

/// Store an event
///
/// An event that is stored already is not stored again: sending it twice gives
/// the same answer twice. The same id with other content is a conflict.
#[utoipa::path(
    post,
    path = "/api/v1/audit/events",
    tag = "audit",
    request_body = NewEvent,
    responses(
        (status = 201, description = "Stored", body = Receipt),
        (status = 400, description = "Violations, all of them", body = Problem),
        (status = 409, description = "Another event has this id", body = Problem),
        (status = 413, description = "Larger than 1 MiB", body = Problem),
        (status = 415, description = "Not JSON", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    ),
)]
async fn create(
    extract::State(state): extract::State<State>,
    Json(Intake(event)): Json<Intake>,
) -> Result<impl IntoResponse, Problem> {
    let receipts =
        record(&state, std::slice::from_ref(&event), |_, field| field.to_owned()).await?;
    let receipt = receipts
        .into_iter()
        .next()
        .ok_or_else(|| anyhow::anyhow!("no receipt for event {}", event.event_id))?;
    let location = format!("/api/v1/audit/events/{}", receipt.event_id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(receipt)))
}

/// Store 1 to 1000 events, all or none
///
/// A violation names its position: `[3].event_type`. A parent may be earlier in
/// the same batch.
#[utoipa::path(
    post,
    path = "/api/v1/audit/events/batch",
    tag = "audit",
    request_body = Vec<NewEvent>,
    responses(
        (status = 201, description = "Stored", body = BatchReceipt),
        (status = 400, description = "Violations, all of them", body = Problem),
        (status = 409, description = "Other events have some of the ids", body = Problem),
        (status = 413, description = "Larger than 1 MiB", body = Problem),
        (status = 415, description = "Not JSON", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    ),
)]
async fn create_batch(
    extract::State(state): extract::State<State>,
    Json(BatchIntake(events)): Json<BatchIntake>,
) -> Result<impl IntoResponse, Problem> {
    let receipts =
        record(&state, &events, |position, field| format!("[{position}].{field}")).await?;
    let event_ids = receipts.into_iter().map(|it| it.event_id).collect();
    Ok((StatusCode::CREATED, Json(BatchReceipt { event_ids })))
}

/// Query the trail
///
/// Newest first; of events of the same microsecond the one with the larger id
/// comes first.
#[utoipa::path(
    get,
    path = "/api/v1/audit/events",
    tag = "audit",
    params(Search, kit::Page),
    responses(
        (status = 200, description = "A page of the trail", body = EventPage),
        (status = 400, description = "Violations, all of them", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    ),
)]
async fn search(
    extract::State(state): extract::State<State>,
    Query(search): Query<Search>,
) -> Result<Json<EventPage>, Problem> {
    let Found { events, total } =
        state.store.search(&search).await.map_err(|it| state.problem(it))?;
    let pagination = pagination(search.page, events.len(), total);
    Ok(Json(EventPage { data: events, pagination }))
}

/// Read an event
#[utoipa::path(
    get,
    path = "/api/v1/audit/events/{event_id}",
    tag = "audit",
    params(("event_id" = Uuid, Path, description = "The event's id")),
    responses(
        (status = 200, description = "The event", body = Event),
        (status = 400, description = "The id is not a UUID", body = Problem),
        (status = 404, description = "There is no such event", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    ),
)]
async fn get(
    extract::State(state): extract::State<State>,
    Path(event_id): Path<Uuid>,
) -> Result<Json<Event>, Problem> {
    let event = state.store.event(event_id).await.map_err(|it| state.problem(it))?;
    event.map(Json).ok_or_else(|| Problem::not_found(format_args!("audit event {event_id}")))
}

/// Stores events and turns what stands in the way into an answer; `field` names
/// a field of the event at a position, as the request has it.
async fn record(
    state: &State,
    events: &[NewEvent],
    field: impl Fn(usize, &str) -> String,
) -> Result<Vec<Receipt>, Problem> {
    match state.store.record(events).await {
        Ok(recorded) => {
            state.stored.inc_by(recorded.stored);
            state.database_is_back();
            Ok(recorded.receipts)
        }
        Err(RecordError::Store(error)) => Err(state.problem(error)),
        Err(RecordError::Rejected(rejection)) => Err(rejected(&rejection, field)),
    }
}

/// Bad input first: a client that mends it may find the conflict gone.
fn rejected(rejection: &Rejection, field: impl Fn(usize, &str) -> String) -> Problem {
    let violations = |positions: &[usize], name: &str, message: &str| -> Vec<Violation> {
        let violation = |position: &usize| Violation {
            field: field(*position, name),
            message: message.to_owned(),
        };
        positions.iter().map(violation).collect()
    };
    if rejection.without_parent.is_empty() {
        let conflicts = violations(
            &rejection.conflicting,
            "event_id",
            "belongs to another event, with other content",
        );
        return Problem::conflict("an event id is taken").with_errors(conflicts);
    }
    Problem::validation(violations(
        &rejection.without_parent,
        "parent_event_id",
        "must be the id of an event that is stored or comes earlier in the batch",
    ))
}

#[cfg(test)]
mod tests;
