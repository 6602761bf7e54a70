//! The events of the audit trail, with their payloads.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use strum::{Display, IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::datastorage::{
    Category, Essentials, NewEvent, Outcome, Priority, Severity, WorkflowStatus,
};
use crate::notification::{ChannelType, Kind};

/// What happened. A variant is one event type with its payload, `event_data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Display, IntoStaticStr, VariantNames)]
#[serde(tag = "event_type", content = "event_data")]
pub enum AuditEvent {
    /// A channel of a notification accepted the message.
    #[serde(rename = "notification.message.sent")]
    #[strum(serialize = "notification.message.sent")]
    MessageSent(Message),
    /// A channel of a notification failed for good.
    #[serde(rename = "notification.message.failed")]
    #[strum(serialize = "notification.message.failed")]
    MessageFailed(Message),
    /// The catalog was searched.
    #[serde(rename = "workflow.catalog.search_completed")]
    #[strum(serialize = "workflow.catalog.search_completed")]
    SearchCompleted(SearchResult),
    /// A version of a workflow was added to the catalog.
    #[serde(rename = "workflow.catalog.created")]
    #[strum(serialize = "workflow.catalog.created")]
    WorkflowCreated(WorkflowVersion),
    /// The status of a version was set.
    #[serde(rename = "workflow.catalog.status_changed")]
    #[strum(serialize = "workflow.catalog.status_changed")]
    WorkflowStatusChanged(WorkflowStatusChange),
}

/// A message to one channel, after its last attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The notification's name.
    pub notification: String,
    /// The channel's name.
    pub channel: String,
    /// The channel's type.
    pub channel_type: ChannelType,
    /// What the notification is about.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How urgent it is.
    pub priority: crate::notification::Priority,
    /// How many attempts were made.
    pub attempts: u32,
    /// The status that the receiver answered the last attempt with.
    pub http_status: Option<u16>,
    /// What went wrong with the last attempt.
    pub error: Option<String>,
}

/// A search of the catalog and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResult {
    /// The kind of signal.
    pub signal_type: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is affected.
    pub component: String,
    /// Where.
    pub environment: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Labels of the user's own making.
    pub custom_labels: BTreeMap<String, String>,
    /// Labels that signalprocessing has detected.
    pub detected_labels: BTreeMap<String, String>,
    /// The smallest score of a result.
    pub min_score: f64,
    /// The largest number of results.
    pub top_k: u32,
    /// How many workflows fit.
    pub total: u64,
    /// The best of them.
    pub workflows: Vec<FoundWorkflow>,
}

/// A workflow that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundWorkflow {
    /// Its rank, from 1.
    pub rank: u32,
    /// How well it fits, from 0 to 1.
    pub score: f64,
    /// Which one it is.
    #[serde(flatten)]
    pub workflow: WorkflowVersion,
}

/// A version of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowVersion {
    /// The version's id.
    pub workflow_id: Uuid,
    /// The workflow's name.
    pub name: String,
    /// The version's name.
    pub version: String,
}

/// A change of a version's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStatusChange {
    /// Which one it is.
    #[serde(flatten)]
    pub workflow: WorkflowVersion,
    /// The new status.
    pub status: WorkflowStatus,
    /// Why it was changed.
    pub status_reason: String,
}

impl AuditEvent {
    /// The event's type: `notification.message.sent`.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        self.into()
    }

    /// The verb, the last part of the type: `sent`.
    #[must_use]
    pub fn action(&self) -> &'static str {
        let event_type = self.event_type();
        event_type.rsplit_once('.').map_or(event_type, |(_, action)| action)
    }

    /// Which part of the pipeline it is about.
    #[must_use]
    pub fn category(&self) -> Category {
        match self {
            Self::MessageSent(_) | Self::MessageFailed(_) => Category::Notification,
            Self::SearchCompleted(_)
            | Self::WorkflowCreated(_)
            | Self::WorkflowStatusChanged(_) => Category::Workflow,
        }
    }

    /// How the action ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::MessageFailed(_) => Outcome::Failure,
            Self::MessageSent(_)
            | Self::SearchCompleted(_)
            | Self::WorkflowCreated(_)
            | Self::WorkflowStatusChanged(_) => Outcome::Success,
        }
    }

    /// The payload of a stored or sent event.
    ///
    /// # Errors
    ///
    /// When the type is none of these, or its data are not what it has.
    pub fn of(event: &NewEvent) -> Result<Self, serde_json::Error> {
        let NewEvent { event_type, event_data, .. } = event;
        serde_json::from_value(json!({ "event_type": event_type, "event_data": event_data }))
    }
}

impl NewEvent {
    /// What happened now, as an event with a new id.
    ///
    /// # Panics
    ///
    /// Never: payloads are objects with names as keys.
    pub fn of(event: &AuditEvent, correlation_id: &str) -> Self {
        let whole = serde_json::to_value(event).expect("a payload is an object with named fields");
        Self::new(Essentials {
            event_type: event.event_type(),
            category: event.category(),
            action: event.action(),
            outcome: event.outcome(),
            correlation_id,
            data: whole.get("event_data").cloned().unwrap_or(Value::Null),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let workflow = WorkflowVersion {
            workflow_id: Uuid::now_v7(),
            name: "restart-pod".to_owned(),
            version: "1".to_owned(),
        };
        let message = Message {
            notification: "n".to_owned(),
            channel: "desk".to_owned(),
            channel_type: ChannelType::Webhook,
            kind: Kind::Approval,
            priority: crate::notification::Priority::High,
            attempts: 2,
            http_status: Some(500),
            error: None,
        };
        let search = SearchResult {
            signal_type: "OOMKilled".to_owned(),
            severity: Severity::High,
            component: "pod".to_owned(),
            environment: "production".to_owned(),
            priority: Priority::P0,
            custom_labels: BTreeMap::new(),
            detected_labels: BTreeMap::new(),
            min_score: 0.1,
            top_k: 10,
            total: 1,
            workflows: vec![FoundWorkflow { rank: 1, score: 0.9, workflow: workflow.clone() }],
        };
        let change = WorkflowStatusChange {
            workflow: workflow.clone(),
            status: WorkflowStatus::Disabled,
            status_reason: "it loops".to_owned(),
        };
        let events = [
            AuditEvent::MessageSent(message.clone()),
            AuditEvent::MessageFailed(message),
            AuditEvent::SearchCompleted(search),
            AuditEvent::WorkflowCreated(workflow),
            AuditEvent::WorkflowStatusChanged(change),
        ];
        let mut lines = Vec::new();
        for event in events {
            let written = NewEvent::of(&event, "rr-1");
            assert_eq!(AuditEvent::of(&written).expect("it reads back"), event);
            assert_eq!(written.event_type, event.event_type());
            lines.push(format!(
                "{} {} {} {}",
                event, written.event_category, written.event_action, written.event_outcome
            ));
        }
        assert_eq!(lines.len(), AuditEvent::VARIANTS.len());
        insta::assert_snapshot!(lines.join("\n"), @r"
        notification.message.sent notification sent success
        notification.message.failed notification failed failure
        workflow.catalog.search_completed workflow search_completed success
        workflow.catalog.created workflow created success
        workflow.catalog.status_changed workflow status_changed success
        ");
    }
}
