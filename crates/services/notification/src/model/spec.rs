//! What is asked for.

use std::collections::BTreeMap;

use kit::{FromInput, Node};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::Retry;
use crate::scrub;

/// A notification as it is asked for. Subject, body, metadata and links are
/// scrubbed of secrets before they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spec {
    /// Its name, a lower-case DNS label. Asking again for the same name with
    /// the same content changes nothing.
    #[schema(
        pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        example = "nr-approval-1"
    )]
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
    pub metadata: BTreeMap<String, String>,
    /// What the reader can do.
    #[serde(default)]
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

/// One way out, with a name of its own within the notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its name within the notification, a lower-case DNS label; the channel's
    /// type if it is left out.
    #[schema(required = false)]
    pub name: String,
    /// Where it leads.
    #[serde(flatten)]
    pub kind: ChannelKind,
}

/// Where a channel leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ChannelKind {
    /// The service's log.
    Log,
    /// A JSON file in the service's output folder.
    File,
    /// A POST with a JSON body.
    Webhook {
        /// Where to; `http` or `https`. User and password in it are sent as
        /// basic authentication and never shown.
        #[schema(value_type = String, format = "uri")]
        url: Url,
    },
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

impl ChannelKind {
    /// The word for the channel's type.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::File => "file",
            Self::Webhook { .. } => "webhook",
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
            if let ChannelKind::Webhook { url } = &mut channel.kind {
                *url = scrub::url(url);
            }
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
                distinct(&node, &list).then_some(list)
            });
            let metadata = object.optional("metadata", |node| {
                node.map(50, 100, |_, value| value.string(0..=2000))
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

impl FromInput for Channel {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.optional("name", Node::label);
            let kind = object.required("type", |node| {
                node.one_of(&[("log", "log"), ("file", "file"), ("webhook", "webhook")])
            });
            let kind = match kind {
                Some("log") => Some(ChannelKind::Log),
                Some("file") => Some(ChannelKind::File),
                Some(_) => object
                    .required("url", webhook_url)
                    .map(|url| ChannelKind::Webhook { url }),
                // The type is wrong already; whether its fields are right
                // cannot be said.
                None => object.optional("url", Node::any).and(None),
            };
            let kind = kind?;
            Some(Self {
                name: name?.unwrap_or_else(|| kind.word().to_owned()),
                kind,
            })
        })
    }
}

impl FromInput for ActionLink {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let label = object.required("label", |node| node.string(1..=100));
            let url = object.required("url", |node| node.string(1..=2000));
            Some(Self {
                label: label?,
                url: url?,
            })
        })
    }
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

/// Records every name that two channels share.
fn distinct(node: &Node<'_>, channels: &[Channel]) -> bool {
    let mut distinct = true;
    for (index, channel) in channels.iter().enumerate() {
        if channels[..index]
            .iter()
            .any(|earlier| earlier.name == channel.name)
        {
            let name = &channel.name;
            node.refuse::<()>(format!(
                "must have names of their own, but two are called {name}"
            ));
            distinct = false;
        }
    }
    distinct
}

fn webhook_url(node: Node<'_>) -> Option<Url> {
    node.parse(1..=2000, |text| {
        let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
        match (url.scheme(), url.host_str()) {
            ("http" | "https", Some(_)) => Ok(url),
            _ => Err("must be an http or https URL".to_owned()),
        }
    })
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
