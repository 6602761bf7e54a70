//! The channels that send messages.
//!
//! A channel sends a message and reports whether its receiver accepted it.
//! [`ChannelType`] lists the kinds; a new kind needs a variant there, a module
//! here and an arm in [`Channels::send`].

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

use crate::model::{Channel, ChannelType};
use crate::scrub;

pub use message::Message;

use console::Console;
use file::Files;
use http::Http;

/// All channels, with their shared state.
#[derive(Debug)]
pub struct Channels {
    console: Console,
    files: Files,
    http: Http,
    slack: Option<Url>,
    timeout: Duration,
}

/// The receiver accepted the message.
#[derive(Debug, Default, PartialEq)]
pub struct Receipt {
    /// Where the result can be found, for instance a file's path.
    pub location: Option<String>,
    /// The status that the receiver answered with.
    pub http_status: Option<u16>,
}

/// The receiver did not confirm the message.
#[derive(Debug, PartialEq)]
pub struct SendError {
    /// What went wrong, without secrets and control characters.
    pub message: String,
    /// Whether trying again could help.
    pub retry: bool,
    /// How long the receiver wants us to wait.
    pub retry_after: Option<Duration>,
    /// The status that the receiver answered with.
    pub http_status: Option<u16>,
}

impl Channels {
    /// Creates the output folder and checks that it can be written. `slack` is
    /// the address of `slack` channels without one of their own; `timeout` is
    /// for one attempt.
    ///
    /// # Errors
    ///
    /// When the output folder cannot be used.
    pub fn open(
        output_dir: PathBuf,
        slack: Option<Url>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let (console, files) = (Console::default(), Files::open(output_dir)?);
        Ok(Self { console, files, http: Http::new(), slack, timeout })
    }

    /// Sends a message over one channel.
    ///
    /// # Errors
    ///
    /// When the receiver did not confirm the message.
    pub async fn send(
        &self,
        channel: &Channel,
        message: &Message<'_>,
    ) -> Result<Receipt, SendError> {
        let send = async {
            match channel.kind {
                ChannelType::Console => self.console.send(message).await,
                ChannelType::Log => Ok(log::send(message)),
                ChannelType::File => self.files.send(message).await,
                ChannelType::Slack => {
                    let url = channel.url.as_ref();
                    slack::send(&self.http, url, self.slack.as_ref(), message).await
                }
                ChannelType::Webhook => match &channel.url {
                    Some(url) => webhook::send(&self.http, url, message).await,
                    None => Err(SendError::permanent("the channel has no address")),
                },
            }
        };
        tokio::time::timeout(self.timeout, send).await.unwrap_or_else(|_| {
            let limit = kit::duration::format(self.timeout);
            Err(SendError::transient(format!("no answer within {limit}")))
        })
    }
}

/// Writes to `what`, on a thread that may block. If the future is dropped, the
/// write goes on. Failures are temporary: a full
/// disk, a missing folder and a closed pipe can be repaired.
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

/// Replaces control characters with spaces. The text may be a receiver's, and
/// goes to the status, the log and the audit trail, which refuses U+0000. Call
/// it before secrets are removed: without control characters it may hold others.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

impl SendError {
    /// A temporary failure: another attempt may succeed.
    pub fn transient(message: impl AsRef<str>) -> Self {
        let message = scrub::text(&one_line(message.as_ref()));
        Self { message, retry: true, retry_after: None, http_status: None }
    }

    /// A permanent failure: another attempt would fail too.
    pub fn permanent(message: impl AsRef<str>) -> Self {
        Self { retry: false, ..Self::transient(message) }
    }
}
