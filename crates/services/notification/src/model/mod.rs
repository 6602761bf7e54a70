//! Notifications and their status.

mod channel;
mod receiver;
mod retry;
mod spec;
mod status;
mod words;

pub use channel::{Channel, ChannelKind};
pub(crate) use channel::{http_url, list};
pub use receiver::Receiver;
pub use retry::{Retry, RetryPolicy};
pub use spec::{ActionLink, RULES, Spec};
pub use status::{
    Attempt, AttemptOutcome, Delivery, DeliveryState, Notification, Phase, Reason, Status,
};
pub use words::{Kind, Priority};
