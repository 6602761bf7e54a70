//! The channels of a notification.

use kit::{FromInput, Node};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::scrub;

/// The largest number of channels in a list.
pub(crate) const MAX_CHANNELS: usize = 10;

/// A channel, with a unique name within the notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its name within the notification, a lower-case DNS label; the channel's
    /// type if it is left out.
    #[schema(required = false, value_type = kit::schema::Label)]
    pub name: String,
    /// The type and the address.
    #[serde(flatten)]
    pub kind: ChannelKind,
}

/// The type of a channel, and its address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ChannelKind {
    /// The service's standard output, for people.
    Console,
    /// The service's log.
    Log,
    /// A JSON file in the service's output folder.
    File,
    /// An incoming webhook of Slack.
    Slack {
        /// The address; the service's `SLACK_URL` if it is left out. It is a
        /// secret: only its host is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(
            value_type = Option<String>,
            format = "uri",
            pattern = "^[Hh][Tt][Tt][Pp][Ss]?://",
            max_length = 2000,
        )]
        url: Option<Url>,
    },
    /// A POST with a JSON body.
    Webhook {
        /// The address, `http` or `https`. User and password in it are sent as
        /// basic authentication and never shown.
        #[schema(
            value_type = String,
            format = "uri",
            pattern = "^[Hh][Tt][Tt][Pp][Ss]?://",
            max_length = 2000,
        )]
        url: Url,
    },
}

impl Channel {
    /// Whether it uses the service's `SLACK_URL`.
    #[must_use]
    pub fn needs_slack_url(&self) -> bool {
        self.kind == ChannelKind::Slack { url: None }
    }
}

impl ChannelKind {
    /// The word for the channel's type.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Log => "log",
            Self::File => "file",
            Self::Slack { .. } => "slack",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// A copy for display, without secrets in its address.
    #[must_use]
    pub fn for_display(&self) -> Self {
        match self {
            Self::Webhook { url } => Self::Webhook { url: scrub::url(url) },
            Self::Slack { url: Some(url) } => Self::Slack { url: Some(scrub::url_to_host(url)) },
            other => other.clone(),
        }
    }
}

impl FromInput for Channel {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.optional("name", Node::label);
            let kind = object.required("type", |node| {
                node.one_of(
                    &["console", "log", "file", "slack", "webhook"].map(|word| (word, word)),
                )
            });
            let kind = match kind {
                Some("console") => Some(ChannelKind::Console),
                Some("log") => Some(ChannelKind::Log),
                Some("file") => Some(ChannelKind::File),
                Some("slack") => object.optional("url", url).map(|url| ChannelKind::Slack { url }),
                Some(_) => object.required("url", url).map(|url| ChannelKind::Webhook { url }),
                // Without a valid type the address cannot be checked.
                None => object.optional("url", Node::any).and(None),
            };
            let kind = kind?;
            Some(Self { name: name?.unwrap_or_else(|| kind.word().to_owned()), kind })
        })
    }
}

/// Reads a list of channels with unique names.
pub(crate) fn list(node: Node<'_>) -> Option<Vec<Channel>> {
    let channels = node.clone().array(1..=MAX_CHANNELS, Channel::read)?;
    distinct(&node, &channels).then_some(channels)
}

/// Records every name that two channels share.
fn distinct(node: &Node<'_>, channels: &[Channel]) -> bool {
    let mut distinct = true;
    for (index, channel) in channels.iter().enumerate() {
        if channels[..index].iter().any(|earlier| earlier.name == channel.name) {
            let name = &channel.name;
            node.refuse::<()>(format!("must have names of their own, but two are called {name}"));
            distinct = false;
        }
    }
    distinct
}

fn url(node: Node<'_>) -> Option<Url> {
    node.parse(1..=2000, http_url)
}

/// Parses the URL of a receiver.
///
/// # Errors
///
/// The message continues a sentence that begins with the name of the value.
pub(crate) fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => Ok(url),
        _ => Err("must be an http or https URL".to_owned()),
    }
}
