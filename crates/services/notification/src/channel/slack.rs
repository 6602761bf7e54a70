//! The `slack` channel: a POST to an incoming webhook of Slack.
//!
//! The whole address of the webhook is a secret: anyone who knows it can post.

mod mrkdwn;
mod payload;

use url::Url;

use super::http::Http;
use super::post::post;
use super::{Message, Receipt, SendError};
use crate::scrub::REDACTED;

/// Sends to `url`, or else to `default`. Slack answers 200 `ok`. Its other
/// answers ([400, 403, 404, 410][1], 429 and 5xx) mean the same as for every
/// receiver.
///
/// [1]: https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
pub(super) async fn send(
    http: &Http,
    url: Option<&Url>,
    default: Option<&Url>,
    message: &Message<'_>,
) -> Result<Receipt, SendError> {
    let Some(url) = url.or(default) else {
        // There was an address when the notification was accepted; the next
        // start may have one again.
        return Err(SendError::transient("there is no address: SLACK_URL is not set any more"));
    };
    let sent = post(http, url, message, &payload::payload(message)).await;
    sent.map_err(|error| SendError { message: without(url, &error.message), ..error })
}

/// Removes the webhook's address from a text.
fn without(url: &Url, text: &str) -> String {
    let text = text.replace(url.as_str(), REDACTED);
    // The path `/` is no secret and occurs in many texts.
    if url.path().len() > 1 { text.replace(url.path(), REDACTED) } else { text }
}

#[cfg(test)]
#[path = "slack/tests.rs"]
mod tests;
