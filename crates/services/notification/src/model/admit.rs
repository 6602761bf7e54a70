//! The rules for a request that its schema cannot express.

use std::time::Duration;

use contract::notification::{Channel, ChannelType, Spec};
use kit::{Violation, Violations};
use url::Url;

use super::retry;
use crate::scrub;

/// The rules; see [`kit::document::RULES`].
pub const RULES: [&str; 7] = [
    "correlation_id must not hold a secret",
    "channels must have names of their own",
    "channels.url must be a URL",
    "channels.url is required",
    "channels.url is not a known field",
    "retry.initial is longer than",
    "retry.max is longer than",
];

/// Checks a request and gives each of its channels a name.
///
/// # Errors
///
/// All rules that it breaks.
pub fn admit(mut spec: Spec) -> Result<Spec, Vec<Violation>> {
    let mut violations = Violations::default();
    // It is the key of the audit trail, so a secret in it is refused and not
    // removed.
    if scrub::has_secret(&spec.correlation_id) {
        violations.refuse("correlation_id", "must not hold a secret");
    }
    if let Some(channels) = &mut spec.channels {
        check_channels("channels", channels, &mut violations);
    }
    for (field, wait) in [("retry.initial", spec.retry.initial), ("retry.max", spec.retry.max)] {
        if let Err(message) = wait.map_or(Ok(Duration::ZERO), retry::within_a_day) {
            violations.refuse(field, message);
        }
    }
    violations.or(spec)
}

/// Checks the channels at `path` and gives each of them a name.
pub(crate) fn check_channels(path: &str, channels: &mut [Channel], violations: &mut Violations) {
    for (index, channel) in channels.iter_mut().enumerate() {
        channel.name = Some(channel.name().to_owned());
        let url = format!("{path}[{index}].url");
        match channel.kind {
            ChannelType::Webhook if channel.url.is_none() => violations.refuse(url, "is required"),
            ChannelType::Webhook | ChannelType::Slack => {}
            ChannelType::Console | ChannelType::Log | ChannelType::File => {
                if channel.url.is_some() {
                    violations.refuse(url, "is not a known field");
                }
            }
        }
    }
    for (index, channel) in channels.iter().enumerate() {
        if channels[..index].iter().any(|earlier| earlier.name == channel.name) {
            let name = channel.name();
            violations
                .refuse(path, format!("must have names of their own, but two are called {name}"));
        }
    }
}

/// Parses the URL of a receiver.
///
/// # Errors
///
/// The message continues a sentence that begins with the name of the value.
pub(crate) fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(_)) => Ok(url),
        _ => Err("must be an http or https URL".to_owned()),
    }
}

#[cfg(test)]
#[path = "admit_tests.rs"]
mod tests;
