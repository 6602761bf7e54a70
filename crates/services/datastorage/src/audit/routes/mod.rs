//! The HTTP interface of the trail.

use std::time::Duration;

use anyhow::anyhow;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use contract::Endpoint as _;
use contract::datastorage::{
    CreateEvent, CreateEvents, Event, EventBatch, EventPage, EventQuery, GetEvent, ListEvents,
    NewEvent, SpoolStatus, SpooledBatch, SpooledReceipt, StoredBatch, StoredReceipt,
};
use contract::page::Page;
use kit::{Json, Path, Problem, Query, Violation};
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::admission::Rejection;
use super::input::{self, RULES};
use super::records::EventList;
use super::search::Search;
use super::trail::{AppendError, AppendOutcome};
use crate::state::State;

/// How long a client should wait after a 503.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The routes that write, which work from the first moment: the spool takes
/// events before the database was seen.
pub fn writing(state: State) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(create_batch)).with_state(state)
}

/// The routes that read.
pub fn reading(state: State) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(search)).routes(routes!(get)).with_state(state)
}

/// Store an event
///
/// An event that is stored already is not stored again: sending it twice gives
/// the same answer twice. The same id with other content is a conflict.
///
/// While the database is unavailable the event is put into the spool, on disk,
/// and answered with 202. It is stored in its turn when the database is
/// available again, equal in every field, and cannot be read before. Its parent
/// and its id are checked only then: an event that the database refuses is set
/// aside and not stored.
#[utoipa::path(
    post,
    path = CreateEvent::PATH,
    tag = "audit",
    request_body = NewEvent,
    extensions(("x-rules" = json!(RULES))),
    responses(
        (status = 201, description = "Stored", body = StoredReceipt, headers(("Location" = String))),
        (status = 202, description = "The database is unavailable; the event is safe in the spool", body = SpooledReceipt),
        (status = 409, description = "Another event has this id", body = Problem),
        (status = 503, description = "Neither the database nor the spool can take the event", body = Problem),
    ),
)]
async fn create(
    extract::State(state): extract::State<State>,
    Json(event): Json<NewEvent>,
) -> Result<Response, Problem> {
    let event = input::event(event).map_err(Problem::validation)?;
    let event_id = event.event_id;
    match append(&state, vec![event], |_, field| field.to_owned()).await? {
        AppendOutcome::Stored(receipts) => {
            let receipt = receipts.into_iter().next();
            let receipt = receipt.ok_or_else(|| anyhow!("no receipt for event {event_id}"))?;
            let location = format!("/api/v1/audit/events/{event_id}");
            Ok((StatusCode::CREATED, [(LOCATION, location)], Json(receipt)).into_response())
        }
        AppendOutcome::Spooled => {
            let receipt = SpooledReceipt { event_id, status: SpoolStatus::Spooled };
            Ok((StatusCode::ACCEPTED, Json(receipt)).into_response())
        }
    }
}

/// Store 1 to 1000 events, all or none
///
/// A violation names its position: `[3].event_type`. A parent may be earlier in
/// the same batch.
///
/// While the database is unavailable the batch is put into the spool as a whole
/// and answered with 202, as a single event is. If the database later refuses
/// some of its events, only those are set aside.
#[utoipa::path(
    post,
    path = CreateEvents::PATH,
    tag = "audit",
    request_body = EventBatch,
    extensions(("x-rules" = json!(RULES))),
    responses(
        (status = 201, description = "Stored", body = StoredBatch),
        (status = 202, description = "The database is unavailable; the events are safe in the spool", body = SpooledBatch),
        (status = 409, description = "Other events have some of the ids", body = Problem),
        (status = 503, description = "Neither the database nor the spool can take the events", body = Problem),
    ),
)]
async fn create_batch(
    extract::State(state): extract::State<State>,
    Json(batch): Json<EventBatch>,
) -> Result<Response, Problem> {
    let events = input::batch(batch).map_err(Problem::validation)?;
    let event_ids = events.iter().map(|event| event.event_id).collect();
    match append(&state, events, |position, field| format!("[{position}].{field}")).await? {
        AppendOutcome::Stored(_) => {
            Ok((StatusCode::CREATED, Json(StoredBatch { event_ids })).into_response())
        }
        AppendOutcome::Spooled => {
            let receipt = SpooledBatch { event_ids, status: SpoolStatus::Spooled };
            Ok((StatusCode::ACCEPTED, Json(receipt)).into_response())
        }
    }
}

/// Query the trail
///
/// Newest first; of events of the same microsecond the one with the larger id
/// comes first. Events that wait in the spool (202) are not found. `total` counts
/// at most 10,000 events behind the page.
#[utoipa::path(
    get,
    path = ListEvents::PATH,
    tag = "audit",
    params(EventQuery),
    extensions(("x-rules" = json!(["since must not be after until"]))),
    responses(
        (status = 200, description = "A page of the trail", body = Page<Event>),
    ),
)]
async fn search(
    extract::State(state): extract::State<State>,
    Query(query): Query<EventQuery>,
) -> Result<Json<EventPage>, Problem> {
    let search = Search::of(query, OffsetDateTime::now_utc()).map_err(Problem::validation)?;
    let EventList { events, total } =
        state.store.search(&search).await.map_err(|error| state.problem(error))?;
    Ok(Json(search.page.answer(events, total)))
}

/// Read an event
///
/// An event that waits in the spool (202) is not there yet.
#[utoipa::path(
    get,
    path = GetEvent::PATH,
    tag = "audit",
    params(("event_id" = Uuid, Path, description = "The event's id")),
    responses(
        (status = 200, description = "The event", body = Event),
        (status = 404, description = "There is no such event", body = Problem),
    ),
)]
async fn get(
    extract::State(state): extract::State<State>,
    Path(event_id): Path<Uuid>,
) -> Result<Json<Event>, Problem> {
    let event = state.store.event(event_id).await.map_err(|error| state.problem(error))?;
    event.map(Json).ok_or_else(|| Problem::not_found(format_args!("audit event {event_id}")))
}

/// Appends events and turns a failure into a problem. `field` gives the path of
/// a field in the request, for the event at a position.
async fn append(
    state: &State,
    events: Vec<NewEvent>,
    field: impl Fn(usize, &str) -> String,
) -> Result<AppendOutcome, Problem> {
    state.trail.append(events).await.map_err(|error| match error {
        AppendError::Rejected(rejection) => rejected(&rejection, field),
        AppendError::Unavailable(why) => Problem::unavailable(why, RETRY_AFTER),
        AppendError::Broken(error) => error.into(),
    })
}

/// Bad input is reported before conflicts: correcting it may resolve them.
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
