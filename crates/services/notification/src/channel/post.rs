//! The common part of channels over HTTP: a POST of JSON, and the meaning of
//! its answer.

use serde::Serialize;
use url::Url;

use super::http::{Answer, Http, HttpError};
use super::{Message, Receipt, SendError};

/// A header with the same value at every attempt, so that a receiver recognises
/// a repetition: draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Posts `body`, which is `message` in the receiver's form.
pub(super) async fn post(
    http: &Http,
    url: &Url,
    message: &Message<'_>,
    body: &impl Serialize,
) -> Result<Receipt, SendError> {
    let body = serde_json::to_vec(body)
        .map_err(|error| SendError::permanent(format!("cannot be written as JSON: {error}")))?;
    let answer = http.post(url, &[(IDEMPOTENCY_KEY, &message.key())], body).await;
    judge(answer.map_err(|error| match error {
        HttpError::Refused(reason) => SendError::permanent(reason),
        HttpError::Network(reason) => SendError::transient(reason),
    })?)
}

/// 2xx is success. 408, 429 and 5xx are temporary failures; every other status
/// is a permanent one. Redirects are not followed: a receiver that has moved
/// must be configured with its new address.
fn judge(answer: Answer) -> Result<Receipt, SendError> {
    let status = answer.status;
    if status.is_success() {
        return Ok(Receipt { location: None, http_status: Some(status.as_u16()) });
    }
    let retry = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
    let said =
        if answer.excerpt.is_empty() { String::new() } else { format!(": {}", answer.excerpt) };
    Err(SendError {
        retry,
        retry_after: answer.retry_after,
        http_status: Some(status.as_u16()),
        ..SendError::transient(format!("the receiver answered {status}{said}"))
    })
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
