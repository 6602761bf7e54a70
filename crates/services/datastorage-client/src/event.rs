//! An audit event, as it is sent and as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Category, Outcome, Severity};

/// The one version of the event format so far.
pub const VERSION: &str = "1.0";

/// What every event must say; there is no default for any of it.
#[derive(Clone, Debug)]
pub struct Essentials<'a> {
    /// What happened, from the general to the particular:
    /// `notification.message.sent`. At most 100 characters.
    pub event_type: &'a str,
    /// Which part of the pipeline it is about.
    pub category: Category,
    /// The verb: `sent`, `created`. At most 50 characters.
    pub action: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// The remediation request's name, which ties a trail together. At most
    /// 255 characters.
    pub correlation_id: &'a str,
    /// Particulars, any JSON of at most 64 KiB.
    pub data: Value,
}

/// An audit event on its way to DataStorage.
///
/// [`NewEvent::new`] gives it an id of its own and the current time, so that
/// however often it is sent, it is stored once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewEvent {
    /// Version of the event format, `1.0`.
    #[schema(example = "1.0", pattern = r"^1\.0$")]
    pub version: String,
    /// Made by the client if it wants to send the event more than once;
    /// otherwise by DataStorage.
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
    /// Particulars: any JSON of at most 64 KiB and 100 levels.
    pub event_data: Value,
    /// The event that led to this one; it must be stored already.
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
    #[schema(minimum = 0)]
    pub duration_ms: Option<i64>,
}

/// An audit event as DataStorage keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// What was sent, in every field.
    #[serde(flatten)]
    pub event: NewEvent,
    /// When DataStorage stored it, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
}

/// Drops what is finer than a microsecond, which is what the databases keep;
/// an event that is truncated before it is sent reads back equal.
pub fn to_microseconds(moment: OffsetDateTime) -> OffsetDateTime {
    let utc = moment.to_offset(time::UtcOffset::UTC);
    // A whole number of microseconds below one second is always in range.
    utc.replace_microsecond(utc.microsecond()).unwrap_or(utc)
}

impl NewEvent {
    /// An event that happens now, with an id of its own.
    pub fn new(essentials: Essentials<'_>) -> Self {
        Self {
            version: VERSION.to_owned(),
            event_id: Uuid::now_v7(),
            event_type: essentials.event_type.to_owned(),
            event_timestamp: to_microseconds(OffsetDateTime::now_utc()),
            event_category: essentials.category,
            event_action: essentials.action.to_owned(),
            event_outcome: essentials.outcome,
            correlation_id: essentials.correlation_id.to_owned(),
            event_data: essentials.data,
            parent_event_id: None,
            actor_type: None,
            actor_id: None,
            resource_type: None,
            resource_id: None,
            namespace: None,
            cluster_name: None,
            severity: None,
            duration_ms: None,
        }
    }

    /// Names the event that led to this one.
    #[must_use]
    pub fn with_parent(self, parent: Uuid) -> Self {
        Self { parent_event_id: Some(parent), ..self }
    }

    /// Says who did it.
    #[must_use]
    pub fn with_actor(self, kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { actor_type: Some(kind.into()), actor_id: Some(id.into()), ..self }
    }

    /// Says what it was done to.
    #[must_use]
    pub fn with_resource(self, kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { resource_type: Some(kind.into()), resource_id: Some(id.into()), ..self }
    }

    /// Says in which Kubernetes namespace it happened.
    #[must_use]
    pub fn with_namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }

    /// Says in which cluster it happened.
    #[must_use]
    pub fn with_cluster(self, cluster: impl Into<String>) -> Self {
        Self { cluster_name: Some(cluster.into()), ..self }
    }

    /// Says how bad it is.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Says how long it took; what is longer than `i64` milliseconds is capped.
    #[must_use]
    pub fn with_duration(self, duration: std::time::Duration) -> Self {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self { duration_ms: Some(milliseconds), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn two_events_never_share_an_id() {
        let essentials = Essentials {
            event_type: "t",
            category: Category::Storage,
            action: "a",
            outcome: Outcome::Pending,
            correlation_id: "c",
            data: Value::Null,
        };
        let first = NewEvent::new(essentials.clone());
        let second = NewEvent::new(essentials);
        assert_ne!(first.event_id, second.event_id);
    }

    #[test]
    fn truncation_keeps_the_microsecond_and_moves_to_utc() {
        let moment = time::macros::datetime!(2026-01-02 03:04:05.123456789 +01:00);
        let expected = time::macros::datetime!(2026-01-02 02:04:05.123456 UTC);
        assert_eq!(to_microseconds(moment), expected);
        assert_eq!(to_microseconds(moment).offset(), time::UtcOffset::UTC);
    }
}
