//! A message in Slack's form: blocks, and a text for where blocks are not shown.
//!
//! Limits are those of <https://docs.slack.dev/reference/block-kit/blocks>.
//! Slack refuses a message that exceeds a limit, so everything is cut to fit.

use contract::Words as _;
use serde_json::{Value, json};
use url::Url;

use super::mrkdwn::{chunks, escape, line};
use crate::channel::Message;

/// Characters of the text for notifications. Slack asks for at most 4000.
const TEXT: usize = 4000;

/// Characters of a header.
const HEADER: usize = 150;

/// Characters of a section.
const SECTION: usize = 3000;

/// Characters of an element of a context.
const CONTEXT: usize = 2000;

/// Characters on a button.
const BUTTON: usize = 75;

/// Characters of a button's address.
const BUTTON_URL: usize = 3000;

/// Blocks of a message.
const BLOCKS: usize = 50;

/// Blocks that are not the body: header, details, actions, context.
const OTHERS: usize = 4;

/// The body of the POST.
pub(super) fn payload(message: &Message<'_>) -> Value {
    let subject = subject(message);
    let text = line(&format!("{}: {subject}", message.priority.as_str()), TEXT);
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": line(subject, HEADER) },
    })];
    blocks.extend(body(message));
    let (buttons, others) = buttons(message);
    blocks.extend(details(message, &others));
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    blocks.push(context(message));
    json!({ "text": text, "blocks": blocks })
}

/// Slack refuses a blank header.
fn subject<'a>(message: &Message<'a>) -> &'a str {
    if is_blank(message.subject) { message.name } else { message.subject }
}

/// Slack refuses blank sections, which a body with many empty lines could have.
fn body(message: &Message<'_>) -> impl Iterator<Item = Value> {
    chunks(message.body, SECTION, BLOCKS - OTHERS)
        .into_iter()
        .filter(|chunk| !is_blank(chunk))
        .map(|chunk| section(&chunk))
}

/// Labels, metadata, and links that do not fit a button.
fn details(message: &Message<'_>, links: &[(&str, &str)]) -> Option<Value> {
    let entries = message.labels.iter().chain(message.metadata);
    let entries = entries.map(|(key, value)| (key.as_str(), value.as_str()));
    let lines: Vec<_> = entries
        .chain(links.iter().copied())
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    if lines.is_empty() { None } else { Some(section(&escape(&lines.join("\n"), SECTION))) }
}

/// A button for each link to a page, and the other links.
fn buttons<'a>(message: &Message<'a>) -> (Vec<Value>, Vec<(&'a str, &'a str)>) {
    let mut buttons = Vec::new();
    let mut others = Vec::new();
    for link in message.action_links {
        match Url::parse(&link.url) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && url.as_str().len() <= BUTTON_URL
                    && !is_blank(&link.label) =>
            {
                buttons.push(json!({
                    "type": "button",
                    "text": { "type": "plain_text", "text": line(&link.label, BUTTON) },
                    "url": url.as_str(),
                }));
            }
            _ => others.push((link.label.as_str(), link.url.as_str())),
        }
    }
    (buttons, others)
}

fn context(message: &Message<'_>) -> Value {
    let text = format!(
        "{} · {} · {} · {}",
        message.priority.as_str(),
        message.kind.as_str(),
        message.name,
        message.correlation_id
    );
    json!({ "type": "context", "elements": [mrkdwn(&line(&text, CONTEXT))] })
}

/// Whether Slack would show a text as blank.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || character.is_control())
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

/// `verbatim`: a name like `@here` in the text stays text and calls nobody.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}
