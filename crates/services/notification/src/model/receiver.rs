//! The receivers of routing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Channel;

/// A list of channels under a name. Routing chooses one for a notification that
/// names no channels itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Its channels.
    pub channels: Vec<Channel>,
}

impl Receiver {
    /// A copy for display, with scrubbed addresses of channels.
    #[must_use]
    pub fn for_display(mut self) -> Self {
        for channel in &mut self.channels {
            channel.kind = channel.kind.for_display();
        }
        self
    }
}
