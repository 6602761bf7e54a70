//! The request for a notification.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use super::{Channel, Kind, Priority, Receiver, limits};
use crate::{duration, schema};

/// A requested notification. Secrets in subject, body, labels, metadata and
/// links are removed before they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spec {
    /// Its name, a lower-case DNS label. Repeating a request with the same name
    /// and content changes nothing.
    #[schema(value_type = schema::Label, example = "nr-approval-1")]
    pub name: String,
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// What it is about.
    #[serde(rename = "type", default)]
    pub kind: Kind,
    /// How urgent it is. Of the deliveries that are due, the most urgent are
    /// sent first.
    #[serde(default)]
    pub priority: Priority,
    /// One line.
    #[schema(min_length = 1, max_length = 200)]
    pub subject: String,
    /// The text.
    #[schema(min_length = 1, max_length = 20_000)]
    pub body: String,
    /// Its channels, each with a unique name; each is delivered to separately.
    /// If they are left out, routing chooses a receiver by labels, type and
    /// priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 10)]
    pub channels: Option<Vec<Channel>>,
    /// The labels, which routing uses.
    #[serde(default)]
    #[schema(schema_with = labels)]
    pub labels: BTreeMap<String, String>,
    /// Additional information for the reader.
    #[serde(default)]
    #[schema(schema_with = metadata)]
    pub metadata: BTreeMap<String, String>,
    /// Links to actions for the reader.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub action_links: Vec<ActionLink>,
    /// The retry policy; missing fields have the service's defaults.
    #[serde(default)]
    pub retry: Retry,
}

/// A link to an action for the reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionLink {
    /// Its text.
    #[schema(min_length = 1, max_length = 100)]
    pub label: String,
    /// Its address.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
}

/// A notification's own retry policy; missing fields are the service's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Retry {
    /// The wait after the first failed attempt, at most a day.
    #[serde(default, with = "duration::as_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::DurationText>, example = "50ms")]
    pub initial: Option<Duration>,
    /// The factor from one wait to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10)]
    pub factor: Option<f64>,
    /// The longest wait between two attempts, at most a day.
    #[serde(default, with = "duration::as_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::DurationText>, example = "480s")]
    pub max: Option<Duration>,
    /// The largest number of attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20)]
    pub attempts: Option<u32>,
}

impl Spec {
    /// Its channels: those that it names, or else those of the receiver that
    /// routing chose.
    #[must_use]
    pub fn channels<'a>(&'a self, receiver: Option<&'a Receiver>) -> &'a [Channel] {
        let chosen = || receiver.map(|receiver| receiver.channels.as_slice());
        self.channels.as_deref().or_else(chosen).unwrap_or_default()
    }
}

fn labels() -> Schema {
    schema::texts(50, limits::KEY, limits::LABEL_VALUE)
}

fn metadata() -> Schema {
    schema::texts(50, limits::KEY, limits::METADATA_TEXT)
}
