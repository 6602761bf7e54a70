//! Sending notifications and reading their status.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Capability, Control, Endpoint, Poll, Run, TIMEOUT, TrailReader, Webhook, eventually, unique,
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) const NOTIFICATIONS: &str = "/api/v1/notifications";

/// How much later than due an attempt may begin, for a very busy machine. The
/// default waits of the service are longer, from 30 s on.
const MAX_DELAY: Duration = Duration::from_secs(10);

/// The service and its surroundings.
pub(crate) struct NotificationFixture {
    pub(crate) run: Run,
    pub(crate) notification: Endpoint,
    trail: TrailReader,
}

impl NotificationFixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let notification = run.service("notification")?;
        let trail = run.trail()?;
        Ok(Self { run, notification, trail })
    }

    pub(crate) fn webhook(&self, prefix: &str) -> Result<Webhook> {
        Webhook::new(&self.run, prefix)
    }

    /// Creates a notification.
    pub(crate) fn send(&self, request: &Value) -> Result<Value> {
        self.notification.post(NOTIFICATIONS, request)?.expect(201)?.value()
    }

    pub(crate) fn read(&self, name: &str) -> Result<Value> {
        self.notification.get(&format!("{NOTIFICATIONS}/{name}"))?.expect(200)?.value()
    }

    /// Waits until a notification is in this phase, and returns its status.
    /// Fails at once if it ends in another phase.
    pub(crate) fn reach(&self, name: &str, phase: &str) -> Result<Value> {
        eventually(TIMEOUT, &format!("{name} to be {phase}"), || {
            let status = self.read(name)?["status"].take();
            if status["phase"] == phase {
                return Ok(Poll::Ready(status));
            }
            let over = ["Sent", "PartiallySent", "Failed"].contains(&text(&status["phase"])?);
            ensure!(!over, "{name} is not {phase}: {status:#}");
            Ok(Poll::Pending(status.to_string()))
        })
    }

    /// The events of a correlation, if there are exactly `count`.
    ///
    /// The service sends events in order, so this sends another notification
    /// and waits for its event.
    pub(crate) fn events(&self, correlation_id: &str, count: usize) -> Result<Vec<Value>> {
        let marker = request(json!([{ "type": "log" }]));
        self.send(&marker)?;
        self.trail.expect_exactly(text(&marker["correlation_id"])?, 1, TIMEOUT)?;
        self.trail.expect_exactly(correlation_id, count, TIMEOUT)
    }

    /// The content of the file that a channel has written; `None` if the run
    /// cannot copy it out.
    pub(crate) fn file(&self, channel: &Value) -> Result<Option<String>> {
        let needed = [Capability::CopyOut];
        let Some(control) = Control::unless_skipped(self.run.environment(), &needed)? else {
            return Ok(None);
        };
        let path = text(&channel["attempts"][0]["receipt"])?;
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("copy");
        control.copy_out("notification", path.as_ref(), &copy)?;
        Ok(Some(std::fs::read_to_string(copy)?))
    }

    /// The service's standard output and error so far.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(Control::connect(self.run.environment())?.logs("notification")?)
    }

    /// The one event of a correlation.
    pub(crate) fn event(&self, correlation_id: &str) -> Result<Value> {
        let mut events = self.events(correlation_id, 1)?;
        events.pop().context("one event")
    }
}

/// A request with a unique name and correlation.
pub(crate) fn request(channels: Value) -> Value {
    json!({
        "name": unique("n"),
        "correlation_id": unique("rr"),
        "subject": "Pod web-1 was restarted",
        "body": "It ran out of memory.",
        "channels": channels,
    })
}

pub(crate) fn webhook_channel(webhook: &Webhook) -> Value {
    json!({ "type": "webhook", "url": webhook.url() })
}

pub(crate) fn slack_channel(webhook: &Webhook) -> Value {
    json!({ "type": "slack", "url": webhook.url() })
}

pub(crate) fn named(mut channel: Value, name: &str) -> Value {
    channel["name"] = json!(name);
    channel
}

/// The request with other fields.
pub(crate) fn with(mut request: Value, field: &str, value: Value) -> Value {
    request[field] = value;
    request
}

/// A value as text.
pub(crate) fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("not a text: {value}"))
}

/// Name and correlation of a request.
pub(crate) fn ids(request: &Value) -> Result<(&str, &str)> {
    Ok((text(&request["name"])?, text(&request["correlation_id"])?))
}

/// The duration between two times.
pub(crate) fn between(earlier: &Value, later: &Value) -> Result<Duration> {
    let moment = |value| OffsetDateTime::parse(text(value)?, &Rfc3339).map_err(anyhow::Error::from);
    let passed = moment(later)? - moment(earlier)?;
    Duration::try_from(passed).with_context(|| format!("{later} is before {earlier}"))
}

/// Checks the wait between two attempts, by the times of the service and of the
/// receiver.
pub(crate) fn waited(
    attempts: &[Value],
    received: &[Value],
    index: usize,
    due: Duration,
) -> Result<()> {
    let [this, next] = [&attempts[index], &attempts[index + 1]];
    let own = between(&this["ended_at"], &next["started_at"])?;
    let seen = between(&received[index]["received_at"], &received[index + 1]["received_at"])?;
    for waited in [own, seen] {
        ensure!(
            (due..due + MAX_DELAY).contains(&waited),
            "attempt {} came {waited:?} after the one before, not {due:?}",
            index + 2
        );
    }
    Ok(())
}

/// Compares two values; a difference shows both.
pub(crate) fn same(found: &Value, expected: &Value) -> Result<()> {
    ensure!(found == expected, "expected {expected:#}\nbut found {found:#}");
    Ok(())
}
