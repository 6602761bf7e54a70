//! The `log` channel: a line in the service's own log.

use super::{Message, Receipt};
use contract::Words as _;

pub(super) fn send(message: &Message<'_>) -> Receipt {
    tracing::info!(
        target: "notification::message",
        name = message.name,
        correlation_id = message.correlation_id,
        priority = message.priority.as_str(),
        subject = message.subject,
        body = message.body,
        "notification"
    );
    Receipt::default()
}
