//! Who routing sends to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Channel;

/// A list of channels under a name. Routing chooses one for a notification that
/// names no channels itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Where it is reached.
    pub channels: Vec<Channel>,
}

impl Receiver {
    /// The same for people to see: addresses of channels are scrubbed.
    #[must_use]
    pub fn for_display(mut self) -> Self {
        for channel in &mut self.channels {
            channel.kind = channel.kind.for_display();
        }
        self
    }
}
