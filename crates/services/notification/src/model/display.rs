//! Copies without secrets.

use contract::notification::{Channel, ChannelType, Notification, Spec};

use crate::scrub;

/// A copy without secrets in its texts. Addresses of channels stay, because
/// deliveries need them.
#[must_use]
pub fn scrubbed(mut spec: Spec) -> Spec {
    spec.subject = scrub::text(&spec.subject);
    spec.body = scrub::text(&spec.body);
    spec.labels = scrub::entries(spec.labels);
    spec.metadata = scrub::entries(spec.metadata);
    for link in &mut spec.action_links {
        link.label = scrub::text(&link.label);
        link.url = scrub::text(&link.url);
    }
    spec
}

/// A copy for display, with scrubbed addresses of channels.
#[must_use]
pub fn for_display(mut notification: Notification) -> Notification {
    let requested = notification.spec.channels.iter_mut().flatten();
    let routed = notification.receiver.iter_mut().flat_map(|receiver| &mut receiver.channels);
    requested.chain(routed).for_each(hide_address);
    notification
}

/// Hides the secrets of an address: of Slack's it is the path.
fn hide_address(channel: &mut Channel) {
    let hide = if channel.kind == ChannelType::Slack { scrub::url_to_host } else { scrub::url };
    channel.url = channel.url.as_ref().map(hide);
}
