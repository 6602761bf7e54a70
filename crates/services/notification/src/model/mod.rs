//! What a notification is.

mod retry;
mod spec;
mod status;

pub use retry::{Retry, RetryPolicy};
pub use spec::{ActionLink, Channel, ChannelKind, Kind, Priority, Spec};
pub use status::{
    Attempt, AttemptOutcome, Delivery, DeliveryState, Notification, Phase, Reason, Status,
};
