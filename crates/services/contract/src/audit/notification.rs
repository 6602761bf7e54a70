//! What the trail is told of notifications.

use serde::{Deserialize, Serialize};

use crate::notification::{ChannelType, Kind, Priority};

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
    pub priority: Priority,
    /// How many attempts were made.
    pub attempts: u32,
    /// The status that the receiver answered the last attempt with.
    pub http_status: Option<u16>,
    /// What went wrong with the last attempt.
    pub error: Option<String>,
}
