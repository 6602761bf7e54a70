//! What a notification is.

mod channel;
mod retry;
mod spec;
mod status;

pub use channel::{Channel, ChannelKind};
pub use retry::{Retry, RetryPolicy};
pub use spec::{ActionLink, Kind, Priority, RULES, Spec};
pub use status::{
    Attempt, AttemptOutcome, Delivery, DeliveryState, Notification, Phase, Reason, Status,
};
