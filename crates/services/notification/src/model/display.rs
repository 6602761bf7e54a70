//! Copies without secrets.

use contract::notification::{Channel, ChannelType, Notification, Spec, limits};

use crate::scrub;

/// A copy without secrets in its texts, which are cut to their limits
/// afterwards. Addresses of channels stay, because deliveries need them.
#[must_use]
pub fn scrubbed(mut spec: Spec) -> Spec {
    spec.subject = scrub::text_within(limits::SUBJECT, &spec.subject);
    spec.body = scrub::text_within(limits::BODY, &spec.body);
    spec.labels = scrub::entries_within(limits::KEY, limits::LABEL_VALUE, spec.labels);
    spec.metadata = scrub::entries_within(limits::KEY, limits::METADATA_TEXT, spec.metadata);
    for link in &mut spec.action_links {
        link.label = scrub::text_within(limits::LINK_LABEL, &link.label);
        link.url = scrub::text_within(limits::LINK_URL, &link.url);
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
