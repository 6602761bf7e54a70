//! What is asked for.

use std::collections::BTreeMap;

use kit::{FromInput, Node, schema};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{Channel, Retry, channel};
use crate::scrub;

/// What is demanded of a notification beyond its schema; see
/// [`kit::document::RULES`].
pub const RULES: [&str; 4] = [
    "channels must have names of their own",
    "channels.url must be a URL",
    "retry.initial is longer than",
    "retry.max is longer than",
];

/// A notification as it is asked for. Subject, body, metadata and links are
/// scrubbed of secrets before they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spec {
    /// Its name, a lower-case DNS label. Asking again for the same name with
    /// the same content changes nothing.
    #[schema(value_type = kit::schema::Label, example = "nr-approval-1")]
    pub name: String,
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// What it is about.
    #[serde(rename = "type", default)]
    pub kind: Kind,
    /// How urgent it is. What is due at the same time is sent in this order.
    #[serde(default)]
    pub priority: Priority,
    /// One line.
    #[schema(min_length = 1, max_length = 200)]
    pub subject: String,
    /// The text.
    #[schema(min_length = 1, max_length = 20_000)]
    pub body: String,
    /// Where it goes; each channel is delivered to on its own.
    #[schema(min_items = 1, max_items = 10)]
    pub channels: Vec<Channel>,
    /// Anything else that the reader may want to know.
    #[serde(default)]
    #[schema(schema_with = metadata_schema)]
    pub metadata: BTreeMap<String, String>,
    /// What the reader can do.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub action_links: Vec<ActionLink>,
    /// How to try again; what is left out is the service's default.
    #[serde(default)]
    pub retry: Retry,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Somebody is needed.
    Escalation,
    /// Nothing in particular.
    #[default]
    Simple,
    /// Something has changed.
    StatusUpdate,
    /// A decision is asked for.
    Approval,
    /// Automation has given up.
    ManualReview,
}

/// How urgent a notification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before everything else.
    Critical,
    /// Soon.
    High,
    /// In turn.
    #[default]
    Medium,
    /// When there is nothing else.
    Low,
}

/// Something that the reader can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionLink {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100)]
    pub label: String,
    /// Where it leads.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
}

impl Priority {
    /// 0 is the most urgent.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl Spec {
    /// The channel of this name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// The same without secrets in anything that is sent, kept or logged.
    /// Addresses of channels stay, because they are needed.
    #[must_use]
    pub fn scrubbed(mut self) -> Self {
        self.subject = scrub::text(&self.subject);
        self.body = scrub::text(&self.body);
        for (key, value) in &mut self.metadata {
            *value = scrub::entry(key, value);
        }
        for link in &mut self.action_links {
            link.label = scrub::text(&link.label);
            link.url = scrub::text(&link.url);
        }
        self
    }

    /// The same for people to see: addresses of channels are scrubbed too.
    #[must_use]
    pub fn for_display(mut self) -> Self {
        for channel in &mut self.channels {
            channel.kind = channel.kind.for_display();
        }
        self
    }
}

impl FromInput for Spec {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.required("name", Node::label);
            let correlation_id = object.required("correlation_id", |node| node.string(1..=255));
            let kind = object.optional("type", |node| node.one_of(&KINDS));
            let priority = object.optional("priority", |node| node.one_of(&PRIORITIES));
            let subject = object.required("subject", |node| node.string(1..=200));
            let body = object.required("body", |node| node.string(1..=20_000));
            let channels = object.required("channels", |node| {
                let list = node.clone().array(1..=10, Channel::read)?;
                channel::distinct(&node, &list).then_some(list)
            });
            let metadata = object.optional("metadata", |node| {
                node.map(ENTRIES, KEY, |_, value| value.string(0..=TEXT))
            });
            let action_links =
                object.optional("action_links", |node| node.array(0..=10, ActionLink::read));
            let retry = object.optional("retry", Retry::read);
            Some(Self {
                name: name?,
                correlation_id: correlation_id?,
                kind: kind?.unwrap_or_default(),
                priority: priority?.unwrap_or_default(),
                subject: subject?,
                body: body?,
                channels: channels?,
                metadata: metadata?.unwrap_or_default(),
                action_links: action_links?.unwrap_or_default(),
                retry: retry?.unwrap_or_default(),
            })
        })
    }
}

impl FromInput for ActionLink {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let label = object.required("label", |node| node.string(1..=100));
            let url = object.required("url", |node| node.string(1..=2000));
            Some(Self { label: label?, url: url? })
        })
    }
}

/// How many entries the metadata may have, and how many characters a key and a
/// text of it.
const ENTRIES: usize = 50;
const KEY: usize = 100;
const TEXT: usize = 2000;

fn metadata_schema() -> Object {
    schema::map(ENTRIES, schema::text(1..=KEY), schema::text(0..=TEXT))
}

const KINDS: [(&str, Kind); 5] = [
    ("escalation", Kind::Escalation),
    ("simple", Kind::Simple),
    ("status-update", Kind::StatusUpdate),
    ("approval", Kind::Approval),
    ("manual-review", Kind::ManualReview),
];

const PRIORITIES: [(&str, Priority); 4] = [
    ("critical", Priority::Critical),
    ("high", Priority::High),
    ("medium", Priority::Medium),
    ("low", Priority::Low),
];

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
