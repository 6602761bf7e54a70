//! Building an event.

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::datastorage::{Category, NewEvent, Outcome, Severity, VERSION, to_microseconds};

/// The required fields of an event.
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
    /// The remediation request's name, shared by all of its events. At most 255
    /// characters.
    pub correlation_id: &'a str,
    /// Details, any JSON of at most 64 KiB.
    pub data: Value,
}

impl NewEvent {
    /// An event that happens now, with a new id.
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
}
