//! The trail on SQLite.

mod row;

use std::collections::HashSet;

use contract::Words as _;
use contract::datastorage::{Event, NewEvent, StoredReceipt, to_microseconds};
use kit::database::column::{microseconds, uuid};
use kit::database::{Sqlite, StoreError};
use sqlx::{QueryBuilder, SqliteConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use self::row::read;
use super::admission::{Admission, Rejection, StoredEvents, admit};
use super::records::{EventList, RecordOutcome, Submission};
use super::search::Search;

pub(super) async fn record_group(
    store: &Sqlite,
    submissions: &[Submission<'_>],
) -> Result<Vec<Result<RecordOutcome, Rejection>>, StoreError> {
    let mut transaction = store.begin().await?;
    let mut stored = stored_events(&mut transaction, submissions).await?;
    // Read the clock while holding the write lock, so that times follow the
    // order of commits.
    let now = to_microseconds(OffsetDateTime::now_utc());
    let mut outcomes = Vec::with_capacity(submissions.len());
    for submission in submissions {
        outcomes.push(match admit(submission.events, &stored) {
            Ok(admissions) => {
                let recorded_at = submission.recorded_at.unwrap_or(now);
                let events = submission.events.iter().zip(admissions);
                Ok(insert_new(&mut transaction, events, recorded_at, &mut stored).await?)
            }
            Err(rejection) => Err(rejection),
        });
    }
    transaction.commit().await?;
    Ok(outcomes)
}

/// Inserts the new events, and adds them to `stored` for the next submission.
async fn insert_new(
    connection: &mut SqliteConnection,
    events: impl Iterator<Item = (&NewEvent, Admission)>,
    now: OffsetDateTime,
    stored: &mut StoredEvents,
) -> Result<RecordOutcome, StoreError> {
    let mut recorded = RecordOutcome { receipts: Vec::new(), stored: 0 };
    for (event, admission) in events {
        let recorded_at = match admission {
            Admission::Stored(recorded_at) => recorded_at,
            Admission::Repeated => now,
            Admission::New => {
                insert(connection, event, now).await?;
                stored.add(event, now);
                recorded.stored += 1;
                now
            }
        };
        recorded.receipts.push(StoredReceipt { event_id: event.event_id, recorded_at });
    }
    Ok(recorded)
}

pub(super) async fn event(store: &Sqlite, event_id: Uuid) -> Result<Option<Event>, StoreError> {
    let mut transaction = store.snapshot().await?;
    let row = sqlx::query("SELECT * FROM audit_events WHERE event_id = ?")
        .bind(event_id.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn search(store: &Sqlite, search: &Search) -> Result<EventList, StoreError> {
    let mut transaction = store.snapshot().await?;
    let mut count = QueryBuilder::new("SELECT count(*) FROM audit_events");
    push_filters(&mut count, search);
    let total: i64 = count.build_query_scalar().fetch_one(&mut *transaction).await?;

    let mut page = QueryBuilder::new("SELECT * FROM audit_events");
    push_filters(&mut page, search);
    page.push(" ORDER BY event_timestamp DESC, event_id DESC LIMIT ");
    page.push_bind(i64::from(search.page.limit));
    page.push(" OFFSET ");
    page.push_bind(i64::try_from(search.page.offset).unwrap_or(i64::MAX));
    let rows = page.build().fetch_all(&mut *transaction).await?;
    let events = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(EventList { events, total: u64::try_from(total).unwrap_or(0) })
}

/// Looks up all ids of the submissions, in two statements.
async fn stored_events(
    connection: &mut SqliteConnection,
    submissions: &[Submission<'_>],
) -> Result<StoredEvents, StoreError> {
    let events = || submissions.iter().flat_map(|submission| submission.events);
    let ids = serde_json::json!(events().map(|event| event.event_id).collect::<Vec<_>>());
    let rows = sqlx::query(
        "SELECT * FROM audit_events WHERE event_id IN (SELECT value FROM json_each(?))",
    )
    .bind(ids.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let events_by_id = stored.into_iter().map(|event| (event.event.event_id, event)).collect();

    let parents: Vec<Uuid> = events().filter_map(|event| event.parent_event_id).collect();
    let parents = if parents.is_empty() {
        HashSet::new()
    } else {
        let rows = sqlx::query(
            "SELECT event_id FROM audit_events WHERE event_id IN (SELECT value FROM json_each(?))",
        )
        .bind(serde_json::json!(parents).to_string())
        .fetch_all(connection)
        .await?;
        rows.iter().map(|row| uuid(row, "event_id")).collect::<Result<_, _>>()?
    };
    Ok(StoredEvents { events: events_by_id, parents })
}

async fn insert(
    connection: &mut SqliteConnection,
    event: &NewEvent,
    recorded_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_events (
            event_id, version, event_type, event_timestamp, event_category, event_action,
            event_outcome, correlation_id, event_data, parent_event_id, actor_type, actor_id,
            resource_type, resource_id, namespace, cluster_name, severity, duration_ms, recorded_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(event.event_id.to_string())
    .bind(event.version.as_str())
    .bind(event.event_type.as_str())
    .bind(microseconds(event.event_timestamp))
    .bind(event.event_category.as_str())
    .bind(event.event_action.as_str())
    .bind(event.event_outcome.as_str())
    .bind(event.correlation_id.as_str())
    .bind(event.event_data.to_string())
    .bind(event.parent_event_id.map(|parent| parent.to_string()))
    .bind(event.actor_type.as_deref())
    .bind(event.actor_id.as_deref())
    .bind(event.resource_type.as_deref())
    .bind(event.resource_id.as_deref())
    .bind(event.namespace.as_deref())
    .bind(event.cluster_name.as_deref())
    .bind(event.severity.map(|severity| severity.as_str()))
    .bind(event.duration_ms)
    .bind(microseconds(recorded_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds ` WHERE … AND …` for every filter that is set.
fn push_filters(query: &mut QueryBuilder<sqlx::Sqlite>, search: &Search) {
    let texts = [
        ("event_type", search.event_type.clone()),
        ("event_category", search.event_category.map(|category| category.to_string())),
        ("event_outcome", search.event_outcome.map(|outcome| outcome.to_string())),
        ("severity", search.severity.map(|severity| severity.to_string())),
        ("correlation_id", search.correlation_id.clone()),
        ("resource_type", search.resource_type.clone()),
        ("resource_id", search.resource_id.clone()),
    ];
    let mut glue = " WHERE ";
    for (column, value) in texts {
        if let Some(value) = value {
            query.push(glue).push(column).push(" = ").push_bind(value);
            glue = " AND ";
        }
    }
    for (bound, moment) in [(" >= ", search.since), (" < ", search.until)] {
        if let Some(moment) = moment {
            query.push(glue).push("event_timestamp").push(bound).push_bind(microseconds(moment));
            glue = " AND ";
        }
    }
}

#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;
