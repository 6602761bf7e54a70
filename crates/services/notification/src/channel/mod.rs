//! The ways out.
//!
//! A channel takes a message and says whether its receiver has it. What kinds
//! there are is [`ChannelKind`]; a new one is a variant there, a module here
//! and an arm in [`Channels::send`].

mod console;
mod file;
mod http;
mod log;
mod message;
mod post;
mod slack;
mod webhook;

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::model::ChannelKind;
use crate::scrub;

pub use message::Message;

use file::Files;
use http::Http;

/// All ways out, with what they share.
#[derive(Debug)]
pub struct Channels {
    files: Files,
    http: Http,
    slack: Option<Url>,
    timeout: Duration,
}

/// The receiver has it.
#[derive(Debug, Default, PartialEq)]
pub struct Receipt {
    /// Where the result can be found, for instance a file's path.
    pub location: Option<String>,
    /// The status that the receiver answered with.
    pub http_status: Option<u16>,
}

/// The receiver does not have it, as far as we know.
#[derive(Debug, PartialEq)]
pub struct SendError {
    /// What went wrong, without secrets.
    pub message: String,
    /// Whether trying again could help.
    pub retry: bool,
    /// How long the receiver wants us to wait.
    pub retry_after: Option<Duration>,
    /// The status that the receiver answered with.
    pub http_status: Option<u16>,
}

impl Channels {
    /// Opens what the channels need: makes the output folder and checks that
    /// it can be written. `slack` is where `slack` channels lead that do not
    /// say it; `timeout` is for one attempt.
    ///
    /// # Errors
    ///
    /// When the output folder cannot be used.
    pub fn open(
        output_dir: PathBuf,
        slack: Option<Url>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self { files: Files::open(output_dir)?, http: Http::new(), slack, timeout })
    }

    /// Sends a message one way.
    ///
    /// # Errors
    ///
    /// When the receiver does not have it, as far as we know.
    pub async fn send(
        &self,
        kind: &ChannelKind,
        message: &Message<'_>,
    ) -> Result<Receipt, SendError> {
        let send = async {
            match kind {
                ChannelKind::Console => console::send(message).await,
                ChannelKind::Log => Ok(log::send(message)),
                ChannelKind::File => self.files.send(message).await,
                ChannelKind::Slack { url } => {
                    slack::send(&self.http, url.as_ref(), self.slack.as_ref(), message).await
                }
                ChannelKind::Webhook { url } => webhook::send(&self.http, url, message).await,
            }
        };
        tokio::time::timeout(self.timeout, send).await.unwrap_or_else(|_| {
            let limit = kit::duration::format(self.timeout);
            Err(SendError::transient(format!("no answer within {limit}")))
        })
    }
}

/// Writes to `what`, on a thread that may block. A full disk, a missing folder
/// and a reader who is away can be mended.
async fn blocking(
    what: impl Display,
    write: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(), SendError> {
    match tokio::task::spawn_blocking(write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(SendError::transient(format!("cannot write {what}: {error}"))),
        Err(error) => Err(SendError::transient(format!("the write was interrupted: {error}"))),
    }
}

impl SendError {
    /// Trying again could help.
    pub fn transient(message: impl AsRef<str>) -> Self {
        let message = scrub::text(message.as_ref());
        Self { message, retry: true, retry_after: None, http_status: None }
    }

    /// Trying again could not help.
    pub fn permanent(message: impl AsRef<str>) -> Self {
        Self { retry: false, ..Self::transient(message) }
    }
}
