//! What the service adds to its wire types, [`contract::notification`].
//!
//! | module | what it does |
//! |---|---|
//! | `admit` | the rules for a request that its schema cannot express |
//! | `display` | copies without secrets |
//! | `retry` | when a failed delivery is tried again |

mod admit;
mod display;
mod retry;

pub use admit::{RULES, admit};
pub(crate) use admit::{check_channels, http_url};
pub use contract::notification::{
    ActionLink, Attempt, AttemptOutcome, Channel, ChannelType, Delivery, DeliveryState, Kind,
    Notification, NotificationQuery, Phase, Priority, Reason, Receiver, Retry, Spec, Status,
};
pub use display::{for_display, scrubbed};
pub use retry::RetryPolicy;
