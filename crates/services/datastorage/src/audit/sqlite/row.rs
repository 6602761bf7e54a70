//! From a row of `audit_events` to an event.

use anyhow::Context as _;
use datastorage_client::{Event, NewEvent};
use kit::database::StoreError;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) fn read(row: &SqliteRow) -> Result<Event, StoreError> {
    let event = NewEvent {
        version: row.try_get("version")?,
        event_id: uuid(row, "event_id")?,
        event_type: row.try_get("event_type")?,
        event_timestamp: moment(row, "event_timestamp")?,
        event_category: word(row, "event_category")?,
        event_action: row.try_get("event_action")?,
        event_outcome: word(row, "event_outcome")?,
        correlation_id: row.try_get("correlation_id")?,
        event_data: parse(row, "event_data", |text| serde_json::from_str(text))?,
        parent_event_id: optional(row, "parent_event_id", Uuid::parse_str)?,
        actor_type: row.try_get("actor_type")?,
        actor_id: row.try_get("actor_id")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        namespace: row.try_get("namespace")?,
        cluster_name: row.try_get("cluster_name")?,
        severity: optional(row, "severity", str::parse)?,
        duration_ms: row.try_get("duration_ms")?,
    };
    Ok(Event {
        event,
        recorded_at: moment(row, "recorded_at")?,
    })
}

pub(super) fn uuid(row: &SqliteRow, column: &str) -> Result<Uuid, StoreError> {
    parse(row, column, Uuid::parse_str)
}

fn word<T>(row: &SqliteRow, column: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    parse(row, column, str::parse)
}

fn parse<T, E>(
    row: &SqliteRow,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, StoreError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    parse(row.try_get(column)?)
        .with_context(|| damaged(column))
        .map_err(StoreError::Broken)
}

fn optional<T, E>(
    row: &SqliteRow,
    column: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, StoreError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let text: Option<&str> = row.try_get(column)?;
    text.map(parse)
        .transpose()
        .with_context(|| damaged(column))
        .map_err(StoreError::Broken)
}

fn moment(row: &SqliteRow, column: &str) -> Result<OffsetDateTime, StoreError> {
    let microseconds: i64 = row.try_get(column)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000)
        .with_context(|| damaged(column))
        .map_err(StoreError::Broken)
}

fn damaged(column: &str) -> String {
    format!("column {column} of audit_events holds what was never written")
}

/// Microseconds since 1970; a year of at most four digits is always in range.
pub(super) fn microseconds(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}
