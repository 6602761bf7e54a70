//! The statements of the trail.

mod row;

use std::collections::HashSet;

use contract::Words as _;
use contract::datastorage::{Event, NewEvent, StoredReceipt};
use futures_util::TryStreamExt as _;
use kit::database::column::{microseconds, number, uuid};
use kit::database::{Connection, Database, Statement, StoreError};
use sqlx::{AssertSqlSafe, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use self::row::read;
use super::admission::{Admission, Rejection, StoredEvents, admit};
use super::records::{EventList, RecordOutcome, Submission};
use super::search::Search;

/// How many bytes of data the events of a page have together at most, if it is
/// not a single one. A page that ends here has more, like any other.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

pub(super) async fn record_group(
    database: &Database,
    submissions: &[Submission<'_>],
) -> Result<Vec<Result<RecordOutcome, Rejection>>, StoreError> {
    // Nobody else appends meanwhile: what is stored does not change, and rows
    // have the order of the commits.
    let mut transaction = database.begin_exclusive().await?;
    let mut stored = stored_events(database, &mut transaction, submissions).await?;
    // Times follow the order of commits too, whichever process commits.
    let now = database.now(&mut transaction).await?;
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
    connection: &mut Connection,
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

pub(super) async fn event(
    database: &Database,
    event_id: Uuid,
) -> Result<Option<Event>, StoreError> {
    let mut transaction = database.snapshot().await?;
    let row = sqlx::query("SELECT * FROM audit_events WHERE event_id = $1")
        .bind(event_id.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
    row.as_ref().map(read).transpose()
}

/// How many events behind a page are counted: a trail of years is not read for a
/// number.
const COUNTED: u64 = 10_000;

pub(super) async fn search(database: &Database, search: &Search) -> Result<EventList, StoreError> {
    let mut transaction = database.snapshot().await?;
    let mut count = Statement::new("SELECT count(*) AS total FROM (SELECT 1 FROM audit_events");
    push_filters(&mut count, search);
    let counted = search.page.offset.saturating_add(u64::from(search.page.limit) + COUNTED);
    count.push(" LIMIT ").bind(i64::try_from(counted).unwrap_or(i64::MAX)).push(") AS selected");
    let total = number(&count.build().fetch_one(&mut *transaction).await?, "total")?;

    let mut page = Statement::new("SELECT * FROM audit_events");
    push_filters(&mut page, search);
    page.push(" ORDER BY event_timestamp DESC, event_id DESC LIMIT ");
    page.bind(i64::from(search.page.limit));
    page.push(" OFFSET ").bind(i64::try_from(search.page.offset).unwrap_or(i64::MAX));
    let mut rows = page.build().fetch(&mut *transaction);
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        bytes += row.try_get::<&str, _>("event_data")?.len();
        if bytes > PAGE_BYTES && !events.is_empty() {
            break;
        }
        events.push(read(&row)?);
    }
    Ok(EventList { events, total })
}

/// Looks up all ids of the submissions, in two statements.
async fn stored_events(
    database: &Database,
    connection: &mut Connection,
    submissions: &[Submission<'_>],
) -> Result<StoredEvents, StoreError> {
    let events = || submissions.iter().flat_map(|submission| submission.events);
    let ids = serde_json::json!(events().map(|event| event.event_id).collect::<Vec<_>>());
    let one_of = database.kind.texts_of(1);
    let statement = format!("SELECT * FROM audit_events WHERE event_id IN {one_of}");
    let query = sqlx::query(AssertSqlSafe(statement)).bind(ids.to_string());
    let rows = query.fetch_all(&mut *connection).await?;
    let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let events_by_id = stored.into_iter().map(|event| (event.event.event_id, event)).collect();

    let parents: Vec<Uuid> = events().filter_map(|event| event.parent_event_id).collect();
    let parents = if parents.is_empty() {
        HashSet::new()
    } else {
        let statement = format!("SELECT event_id FROM audit_events WHERE event_id IN {one_of}");
        let parents = serde_json::json!(parents).to_string();
        let query = sqlx::query(AssertSqlSafe(statement)).bind(parents);
        let rows = query.fetch_all(connection).await?;
        rows.iter().map(|row| uuid(row, "event_id")).collect::<Result<_, _>>()?
    };
    Ok(StoredEvents { events: events_by_id, parents })
}

/// Inserts an event that is new and has no parent, or one that is stored.
pub(crate) async fn insert(
    connection: &mut Connection,
    event: &NewEvent,
    recorded_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_events (
            event_id, version, event_type, event_timestamp, event_category, event_action,
            event_outcome, correlation_id, event_data, parent_event_id, actor_type, actor_id,
            resource_type, resource_id, namespace, cluster_name, severity, duration_ms, recorded_at
        ) VALUES (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
        )",
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
fn push_filters(query: &mut Statement, search: &Search) {
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
        let Some(value) = value else { continue };
        query.push(glue);
        glue = " AND ";
        if value.contains('\0') {
            // No row has it, and PostgreSQL fails on it.
            query.push("1 = 0");
        } else {
            query.push(column).push(" = ").bind(value);
        }
    }
    for (bound, moment) in [(" >= ", search.since), (" < ", search.until)] {
        if let Some(moment) = moment {
            query.push(glue).push("event_timestamp").push(bound).bind(microseconds(moment));
            glue = " AND ";
        }
    }
}

#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;
