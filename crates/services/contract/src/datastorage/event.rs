//! An audit event, as it is sent and as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType};
use uuid::Uuid;

use crate::datastorage::{Category, Outcome, Severity};

/// The only version of the event format so far.
pub const VERSION: &str = "1.0";

/// The versions of the event format.
#[derive(ToSchema)]
#[schema(as = EventVersion)]
#[expect(dead_code, reason = "only its schema is of interest")]
enum Version {
    #[schema(rename = "1.0")]
    One,
}

/// An audit event as a client sends it.
///
/// [`NewEvent::new`] gives it a new id and the current time. Because of the id
/// it is stored once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewEvent {
    /// Version of the event format, `1.0`.
    #[schema(value_type = Version, example = "1.0")]
    pub version: String,
    /// The event's id. A client that may send the event twice sets it; else
    /// DataStorage makes one.
    #[serde(default = "Uuid::now_v7")]
    #[schema(required = false)]
    pub event_id: Uuid,
    /// What happened: `notification.message.sent`.
    #[schema(min_length = 1, max_length = 100, example = "notification.message.sent")]
    pub event_type: String,
    /// When it happened, in UTC; kept to the microsecond. At most 5 minutes
    /// ahead and 7 days old.
    #[serde(with = "time::serde::rfc3339")]
    pub event_timestamp: OffsetDateTime,
    /// Which part of the pipeline it is about.
    pub event_category: Category,
    /// The verb: `sent`.
    #[schema(min_length = 1, max_length = 50, example = "sent")]
    pub event_action: String,
    /// How it ended.
    pub event_outcome: Outcome,
    /// The remediation request's name.
    #[schema(min_length = 1, max_length = 255, example = "rr-0123456789ab-1766000000")]
    pub correlation_id: String,
    /// Details: any JSON of at most 64 KiB and 100 levels. Readers give up at 128
    /// levels (`serde_json`), and an answer wraps the data in some of its own.
    #[schema(schema_with = data)]
    pub event_data: Value,
    /// The event that led to this one; it must already be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_event_id: Option<Uuid>,
    /// What kind of actor did it: `service`, `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 50)]
    pub actor_type: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub actor_id: Option<String>,
    /// What kind of thing it was done to: `notification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub resource_type: Option<String>,
    /// Which one it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub resource_id: Option<String>,
    /// The Kubernetes namespace that it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 253)]
    pub namespace: Option<String>,
    /// The cluster that it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub cluster_name: Option<String>,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    pub duration_ms: Option<i64>,
}

fn data() -> Schema {
    let limits = ExtensionsBuilder::new().add("x-max-bytes", 65_536).add("x-max-levels", 100);
    let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    let description = "Details: any JSON of at most 64 KiB and 100 levels.";
    any.description(Some(description)).extensions(Some(limits.build())).build().into()
}

/// 1 to 1000 events, stored all or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(min_items = 1, max_items = 1000)]
pub struct EventBatch(pub Vec<NewEvent>);

/// An audit event as DataStorage stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The fields that were sent.
    #[serde(flatten)]
    pub event: NewEvent,
    /// When DataStorage accepted it, in UTC. An event that waited in the spool
    /// became visible later.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
}

/// Truncates a time to microseconds and moves it to UTC. Databases store
/// microseconds, so an event truncated before it is sent reads back equal.
pub fn to_microseconds(moment: OffsetDateTime) -> OffsetDateTime {
    // Only times at the very ends of the calendar cannot be moved to UTC.
    let utc = moment.checked_to_offset(time::UtcOffset::UTC).unwrap_or(moment);
    // A whole number of microseconds below one second is always in range.
    utc.replace_microsecond(utc.microsecond()).unwrap_or(utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datastorage::Essentials;

    #[test]
    fn an_event_reads_back_equal_after_the_wire() {
        let sent = NewEvent::new(Essentials {
            event_type: "workflow.execution.completed",
            category: Category::Workflow,
            action: "completed",
            outcome: Outcome::Success,
            correlation_id: "rr-1",
            data: serde_json::json!({ "steps": [1, 2.5, null, "ü"] }),
        })
        .with_parent(Uuid::now_v7())
        .with_actor("service", "workflowexecution")
        .with_resource("deployment", "shop/cart")
        .with_namespace("shop")
        .with_cluster("west")
        .with_severity(Severity::High)
        .with_duration(std::time::Duration::from_millis(1500));
        let stored = Event { event: sent, recorded_at: to_microseconds(OffsetDateTime::now_utc()) };

        let text = serde_json::to_string(&stored).expect("serializable");
        let back: Event = serde_json::from_str(&text).expect("readable");

        assert_eq!(back, stored);
    }

    #[test]
    fn truncation_keeps_the_microsecond_and_moves_to_utc() {
        let moment = time::macros::datetime!(2026-01-02 03:04:05.123456789 +01:00);
        let expected = time::macros::datetime!(2026-01-02 02:04:05.123456 UTC);
        assert_eq!(to_microseconds(moment), expected);
        assert_eq!(to_microseconds(moment).offset(), time::UtcOffset::UTC);
        // In UTC it is the year 10000, which the calendar does not have.
        let last = time::macros::datetime!(9999-12-31 23:59:59.5 -01:00);
        assert_eq!(to_microseconds(last), last);
    }
}
