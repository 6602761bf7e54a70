//! Where a notification goes.

use kit::{FromInput, Node};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::scrub;

/// How many channels a list may have.
pub(crate) const MOST: usize = 10;

/// One way out, with a name of its own within the notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its name within the notification, a lower-case DNS label; the channel's
    /// type if it is left out.
    #[schema(required = false, value_type = kit::schema::Label)]
    pub name: String,
    /// Where it leads.
    #[serde(flatten)]
    pub kind: ChannelKind,
}

/// Where a channel leads.
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
        /// Where to; the service's `SLACK_URL` if it is left out. A secret as a
        /// whole: only its host is shown.
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
        /// Where to; `http` or `https`. User and password in it are sent as
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
    /// Whether it leads where the service's `SLACK_URL` says.
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

    /// The same for people to see: without secrets in its address.
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
                // The type is wrong already; whether its fields are right
                // cannot be said.
                None => object.optional("url", Node::any).and(None),
            };
            let kind = kind?;
            Some(Self { name: name?.unwrap_or_else(|| kind.word().to_owned()), kind })
        })
    }
}

/// Reads a list of channels with names of their own.
pub(crate) fn list(node: Node<'_>) -> Option<Vec<Channel>> {
    let channels = node.clone().array(1..=MOST, Channel::read)?;
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

/// An address that requests can be sent to.
///
/// # Errors
///
/// Says what is wrong in a form that fits behind the name of the value.
pub(crate) fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => Ok(url),
        _ => Err("must be an http or https URL".to_owned()),
    }
}
