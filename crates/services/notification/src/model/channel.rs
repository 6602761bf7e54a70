//! Where a notification goes.

use kit::{FromInput, Node};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::scrub;

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
    /// The service's log.
    Log,
    /// A JSON file in the service's output folder.
    File,
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

    /// The same for people to see: without secrets in its address.
    #[must_use]
    pub fn for_display(&self) -> Self {
        match self {
            Self::Webhook { url } => Self::Webhook { url: scrub::url(url) },
            Self::Log | Self::File => self.clone(),
        }
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
                Some(_) => {
                    object.required("url", webhook_url).map(|url| ChannelKind::Webhook { url })
                }
                // The type is wrong already; whether its fields are right
                // cannot be said.
                None => object.optional("url", Node::any).and(None),
            };
            let kind = kind?;
            Some(Self { name: name?.unwrap_or_else(|| kind.word().to_owned()), kind })
        })
    }
}

/// Records every name that two channels share.
pub(super) fn distinct(node: &Node<'_>, channels: &[Channel]) -> bool {
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

fn webhook_url(node: Node<'_>) -> Option<Url> {
    node.parse(1..=2000, |text| {
        let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
        match (url.scheme(), url.host_str()) {
            ("http" | "https", Some(_)) => Ok(url),
            _ => Err("must be an http or https URL".to_owned()),
        }
    })
}
