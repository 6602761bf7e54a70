//! The channels of a notification.

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::{schema, words};

/// A channel, with a unique name within the notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its name within the notification; the channel's type if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Label>)]
    pub name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ChannelType,
    /// The address of a `webhook`, or of a `slack` channel that does not use the
    /// service's `SLACK_URL`. Of Slack's address only the host is shown; user and
    /// password in a webhook's are sent as basic authentication and never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::HttpUrl>)]
    pub url: Option<Url>,
}

words! {
    /// The type of a channel.
    pub enum ChannelType in "lowercase" {
        /// The service's standard output, for people.
        Console,
        /// The service's log.
        Log,
        /// A JSON file in the service's output folder.
        File,
        /// An incoming webhook of Slack.
        Slack,
        /// A POST with a JSON body.
        Webhook,
    }
}

/// A list of channels under a name. Routing chooses one for a notification that
/// names no channels itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: Vec<Channel>,
}

impl Channel {
    /// A channel without an address, named after its type.
    #[must_use]
    pub fn new(kind: ChannelType) -> Self {
        Self { name: None, kind, url: None }
    }

    /// Its name within the notification.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.kind.into())
    }
}
