//! The request for a notification.

use std::collections::BTreeMap;

use kit::{FromInput, Node, schema};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{Channel, Kind, Priority, Receiver, Retry, channel};
use crate::scrub;

/// The rules for a notification that its schema cannot express; see
/// [`kit::document::RULES`].
pub const RULES: [&str; 6] = [
    "correlation_id must not hold a secret",
    "channels must have names of their own",
    "channels.url must be a URL",
    "channels.url is required, unless",
    "retry.initial is longer than",
    "retry.max is longer than",
];

/// Characters of the subject and of the body.
const SUBJECT: usize = 200;
const BODY: usize = 20_000;

/// Characters of a link's text and of its address.
const LINK_LABEL: usize = 100;
const LINK_URL: usize = 2000;

/// The largest number of labels.
const LABELS: usize = 50;

/// Characters of a label's name.
const LABEL_NAME: usize = 100;

/// Characters of a label's value.
const LABEL_VALUE: usize = 1000;

/// The largest number of entries of the metadata, and of characters of a key
/// and a text.
const ENTRIES: usize = 50;
const KEY: usize = 100;
const TEXT: usize = 2000;

/// A requested notification. Secrets in subject, body, labels, metadata and
/// links are removed before they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spec {
    /// Its name, a lower-case DNS label. Repeating a request with the same name
    /// and content changes nothing.
    #[schema(value_type = kit::schema::Label, example = "nr-approval-1")]
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
    #[schema(schema_with = labels_schema)]
    pub labels: BTreeMap<String, String>,
    /// Additional information for the reader.
    #[serde(default)]
    #[schema(schema_with = metadata_schema)]
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

impl Spec {
    /// Its channels: those that it names, or else those of the receiver that
    /// routing chose.
    #[must_use]
    pub fn channels<'a>(&'a self, receiver: Option<&'a Receiver>) -> &'a [Channel] {
        let chosen = || receiver.map(|receiver| receiver.channels.as_slice());
        self.channels.as_deref().or_else(chosen).unwrap_or_default()
    }

    /// A copy without secrets in its texts, which are cut to their limits
    /// afterwards. Addresses of channels stay, because deliveries need them.
    #[must_use]
    pub fn scrubbed(mut self) -> Self {
        self.subject = scrub::text_within(SUBJECT, &self.subject);
        self.body = scrub::text_within(BODY, &self.body);
        self.labels = scrub::entries_within(LABEL_NAME, LABEL_VALUE, self.labels);
        self.metadata = scrub::entries_within(KEY, TEXT, self.metadata);
        for link in &mut self.action_links {
            link.label = scrub::text_within(LINK_LABEL, &link.label);
            link.url = scrub::text_within(LINK_URL, &link.url);
        }
        self
    }

    /// A copy for display, with scrubbed addresses of channels.
    #[must_use]
    pub fn for_display(mut self) -> Self {
        for channel in self.channels.iter_mut().flatten() {
            channel.kind = channel.kind.for_display();
        }
        self
    }
}

fn metadata_schema() -> Object {
    schema::map(ENTRIES, schema::text(1..=KEY), schema::text(0..=TEXT))
}

fn labels_schema() -> Object {
    schema::map(LABELS, schema::text(1..=LABEL_NAME), schema::text(0..=LABEL_VALUE))
}

impl FromInput for Spec {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.required("name", Node::label);
            let correlation_id = object.required("correlation_id", correlation_id);
            let kind = object.optional("type", Kind::read);
            let priority = object.optional("priority", Priority::read);
            let subject = object.required("subject", |node| node.string(1..=SUBJECT));
            let body = object.required("body", |node| node.string(1..=BODY));
            let channels = object.optional("channels", channel::list);
            let labels = object.optional("labels", |node| {
                node.map(LABELS, LABEL_NAME, |_, value| value.string(0..=LABEL_VALUE))
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
                labels: labels?.unwrap_or_default(),
                metadata: metadata?.unwrap_or_default(),
                action_links: action_links?.unwrap_or_default(),
                retry: retry?.unwrap_or_default(),
            })
        })
    }
}

/// It is the key of the audit trail, so a secret in it is refused and not
/// removed.
fn correlation_id(node: Node<'_>) -> Option<String> {
    node.parse(1..=255, |text| match scrub::has_secret(text) {
        true => Err("must not hold a secret".to_owned()),
        false => Ok(text.to_owned()),
    })
}

impl FromInput for ActionLink {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let label = object.required("label", |node| node.string(1..=LINK_LABEL));
            let url = object.required("url", |node| node.string(1..=LINK_URL));
            Some(Self { label: label?, url: url? })
        })
    }
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
