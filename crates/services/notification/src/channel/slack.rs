//! The `slack` channel: a POST to an incoming webhook of Slack.
//!
//! The webhook's address is a secret as a whole: whoever knows it can post.

mod mrkdwn;
mod payload;

use url::Url;

use super::http::Http;
use super::post::post;
use super::{Message, Receipt, SendError};
use crate::scrub::REDACTED;

/// Sends to `url`, or else to `default`. Slack answers 200 `ok`; what its other
/// answers mean ([400, 403, 404, 410][1], 429 and 5xx) is the same as for every
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
        // It was accepted, so there was one; the next start can bring it back.
        return Err(SendError::transient("there is no address: SLACK_URL is not set any more"));
    };
    let sent = post(http, url, message, &payload::payload(message)).await;
    sent.map_err(|error| SendError { message: without(url, &error.message), ..error })
}

/// Takes the webhook's address out of what is said about it.
fn without(url: &Url, text: &str) -> String {
    let text = text.replace(url.as_str(), REDACTED);
    // A short path is no secret, and is found in every other text.
    if url.path().len() > 1 { text.replace(url.path(), REDACTED) } else { text }
}

#[cfg(test)]
#[path = "slack/tests.rs"]
mod tests;
