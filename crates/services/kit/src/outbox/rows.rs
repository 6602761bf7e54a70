//! The statements of the outbox.

use contract::datastorage::NewEvent;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::column::{json, microseconds, number, storable, to_json};
use crate::database::{Connection, DatabaseKind, StoreError};

/// How many events a batch may have; DataStorage takes 1000.
pub(super) const BATCH_EVENTS: usize = 500;

/// How many bytes the events of a batch may have, a little below the 1 MiB that
/// a body may have.
const BATCH_BYTES: usize = 1_000_000;

pub(super) async fn insert(
    connection: &mut Connection,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    for event in events {
        let text = to_json(event)?;
        sqlx::query("INSERT INTO audit_outbox (event_id, event, size) VALUES ($1, $2, $3)")
            .bind(event.event_id.to_string())
            .bind(&text)
            .bind(i64::try_from(text.len()).unwrap_or(i64::MAX))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn count(connection: &mut Connection) -> Result<u64, StoreError> {
    let row =
        sqlx::query("SELECT count(*) AS events FROM audit_outbox").fetch_one(connection).await?;
    number(&row, "events")
}

/// The oldest events, at most `limit` and no more than fit into a batch.
pub(super) async fn oldest(
    connection: &mut Connection,
    limit: usize,
) -> Result<Vec<NewEvent>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sizes = sqlx::query("SELECT size FROM audit_outbox ORDER BY id LIMIT $1")
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
    let (mut fitting, mut bytes) = (0_i64, 0_usize);
    for row in &sizes {
        // Each is followed by a comma, or by the end of the list.
        bytes = bytes.saturating_add(number::<usize>(row, "size")? + 1);
        if bytes > BATCH_BYTES && fitting > 0 {
            break;
        }
        fitting += 1;
    }
    let rows = sqlx::query("SELECT event FROM audit_outbox ORDER BY id LIMIT $1")
        .bind(fitting)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| json(row, "event")).collect()
}

/// Deletes events that DataStorage took.
pub(super) async fn delete(
    connection: &mut Connection,
    kind: DatabaseKind,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.event_id).collect();
    let delete = format!("DELETE FROM audit_outbox WHERE event_id IN {}", kind.texts_of(1));
    sqlx::query(sqlx::AssertSqlSafe(delete)).bind(to_json(&ids)?).execute(connection).await?;
    Ok(())
}

/// Moves an event to those that were refused.
pub(super) async fn refuse(
    connection: &mut Connection,
    event: &NewEvent,
    reason: &str,
) -> Result<(), StoreError> {
    let id = event.event_id.to_string();
    // Another process may have sent it too.
    sqlx::query(
        "INSERT INTO audit_refused (event_id, event, reason, refused_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (event_id) DO NOTHING",
    )
    .bind(&id)
    .bind(to_json(event)?)
    .bind(storable(reason))
    .bind(microseconds(OffsetDateTime::now_utc()))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM audit_outbox WHERE event_id = $1")
        .bind(&id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The ids of refused events and why.
#[cfg(test)]
pub(super) async fn refused(
    connection: &mut Connection,
) -> Result<Vec<(String, String)>, StoreError> {
    use sqlx::Row as _;

    let rows = sqlx::query("SELECT event_id, reason FROM audit_refused ORDER BY event_id")
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("event_id")?, row.try_get("reason")?))).collect()
}
