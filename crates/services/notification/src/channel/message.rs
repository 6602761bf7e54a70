//! The message that channels send.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{ActionLink, Kind, Priority, Spec};

/// The message that channels send, the same for every channel and every
/// attempt.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// The notification's id.
    pub id: Uuid,
    /// Its name.
    pub name: &'a str,
    /// The channel's name.
    pub channel: &'a str,
    /// The remediation request that it belongs to.
    pub correlation_id: &'a str,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How urgent it is.
    pub priority: Priority,
    /// One line.
    pub subject: &'a str,
    /// The text.
    pub body: &'a str,
    /// The labels, which routing uses.
    pub labels: &'a BTreeMap<String, String>,
    /// Additional information for the reader.
    pub metadata: &'a BTreeMap<String, String>,
    /// Links to actions for the reader.
    pub action_links: &'a [ActionLink],
    /// When the notification was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl<'a> Message<'a> {
    /// The message for one channel of a notification.
    #[must_use]
    pub fn new(id: Uuid, created_at: OffsetDateTime, spec: &'a Spec, channel: &'a str) -> Self {
        Self {
            id,
            name: &spec.name,
            channel,
            correlation_id: &spec.correlation_id,
            kind: spec.kind,
            priority: spec.priority,
            subject: &spec.subject,
            body: &spec.body,
            labels: &spec.labels,
            metadata: &spec.metadata,
            action_links: &spec.action_links,
            created_at,
        }
    }

    /// The same for every attempt at a delivery, and different for all others.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}-{}", self.id, self.channel)
    }
}
