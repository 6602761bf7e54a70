//! Notification: sends messages to people and webhooks.
//!
//! [`Spec`] is the request, [`Notification`] the answer with the [`Status`].

mod channel;
mod endpoints;
pub mod limits;
mod query;
mod spec;
mod status;
mod words;

pub use channel::{Channel, ChannelType, Receiver};
pub use endpoints::{CreateNotification, DeleteNotification, GetNotification, ListNotifications};
pub use query::NotificationQuery;
pub use spec::{ActionLink, Retry, Spec};
pub use status::{
    Attempt, AttemptOutcome, Delivery, DeliveryState, Notification, Phase, Reason, Status,
};
pub use words::{Kind, Priority};
