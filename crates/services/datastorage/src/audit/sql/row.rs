//! From a row of `audit_events` to an event.

use contract::datastorage::{Event, NewEvent};
use kit::database::column::{json, moment, optional_uuid, optional_word, uuid, word};
use kit::database::{Row, StoreError};
use sqlx::Row as _;

pub(super) fn read(row: &Row) -> Result<Event, StoreError> {
    let event = NewEvent {
        version: row.try_get("version")?,
        event_id: uuid(row, "event_id")?,
        event_type: row.try_get("event_type")?,
        event_timestamp: moment(row, "event_timestamp")?,
        event_category: word(row, "event_category")?,
        event_action: row.try_get("event_action")?,
        event_outcome: word(row, "event_outcome")?,
        correlation_id: row.try_get("correlation_id")?,
        event_data: json(row, "event_data")?,
        parent_event_id: optional_uuid(row, "parent_event_id")?,
        actor_type: row.try_get("actor_type")?,
        actor_id: row.try_get("actor_id")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        namespace: row.try_get("namespace")?,
        cluster_name: row.try_get("cluster_name")?,
        severity: optional_word(row, "severity")?,
        duration_ms: row.try_get("duration_ms")?,
    };
    Ok(Event { event, recorded_at: moment(row, "recorded_at")? })
}
