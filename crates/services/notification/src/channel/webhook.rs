//! The `webhook` channel: a POST of the message as it is.

use url::Url;

use super::http::Http;
use super::post::post;
use super::{Message, Receipt, SendError};

pub(super) async fn send(
    http: &Http,
    url: &Url,
    message: &Message<'_>,
) -> Result<Receipt, SendError> {
    post(http, url, message, message).await
}
