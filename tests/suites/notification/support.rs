//! Notifications to send, and what became of them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Capability, Control, Endpoint, Poll, Run, TrailReader, Webhook, eventually, unique};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) const NOTIFICATIONS: &str = "/api/v1/notifications";

/// How long a notification without waits may take until it is final. It takes
/// milliseconds, so this is only for a machine that is very busy.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How much later than due an attempt may begin: nothing but a machine that is
/// very busy makes it late, and waits of the service's own choice begin at 30 s.
const LATE: Duration = Duration::from_secs(10);

/// The service with what is around it.
pub(crate) struct Stage {
    pub(crate) run: Run,
    pub(crate) notification: Endpoint,
    trail: TrailReader,
}

impl Stage {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let notification = run.service("notification")?;
        let trail = run.trail()?;
        Ok(Self { run, notification, trail })
    }

    pub(crate) fn webhook(&self, prefix: &str) -> Result<Webhook> {
        Webhook::new(&self.run, prefix)
    }

    /// Asks for a new notification.
    pub(crate) fn send(&self, request: &Value) -> Result<Value> {
        self.notification.post(NOTIFICATIONS, request)?.expect(201)?.value()
    }

    pub(crate) fn read(&self, name: &str) -> Result<Value> {
        self.notification.get(&format!("{NOTIFICATIONS}/{name}"))?.expect(200)?.value()
    }

    /// Waits until a notification is in this phase, and returns its status. A
    /// final phase that is another one ends the wait.
    pub(crate) fn reach(&self, name: &str, phase: &str) -> Result<Value> {
        eventually(SOON, &format!("{name} to be {phase}"), || {
            let status = self.read(name)?["status"].take();
            if status["phase"] == phase {
                return Ok(Poll::Ready(status));
            }
            let over = ["Sent", "PartiallySent", "Failed"].contains(&text(&status["phase"])?);
            ensure!(!over, "{name} is not {phase}: {status:#}");
            Ok(Poll::Pending(status.to_string()))
        })
    }

    /// The events of a correlation, if they are exactly so many.
    ///
    /// The service hands its events over in the order in which they happen: once
    /// that of a later notification is there, so are all before it.
    pub(crate) fn events(&self, correlation_id: &str, count: usize) -> Result<Vec<Value>> {
        let marker = request(json!([{ "type": "log" }]));
        self.send(&marker)?;
        self.trail.expect_exactly(text(&marker["correlation_id"])?, 1, SOON)?;
        self.trail.expect_exactly(correlation_id, count, SOON)
    }

    /// What the file holds that a channel has written; none when the run cannot
    /// copy it out.
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

    /// What the service has written to standard output and error so far.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(Control::connect(self.run.environment())?.logs("notification")?)
    }

    /// The one event of a correlation.
    pub(crate) fn event(&self, correlation_id: &str) -> Result<Value> {
        let mut events = self.events(correlation_id, 1)?;
        events.pop().context("one event")
    }
}

/// A request with a name and a correlation of its own.
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

/// Text that must be there.
pub(crate) fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("not a text: {value}"))
}

/// Name and correlation of a request.
pub(crate) fn ids(request: &Value) -> Result<(&str, &str)> {
    Ok((text(&request["name"])?, text(&request["correlation_id"])?))
}

/// How much time passed between two times.
pub(crate) fn between(earlier: &Value, later: &Value) -> Result<Duration> {
    let moment = |value| OffsetDateTime::parse(text(value)?, &Rfc3339).map_err(anyhow::Error::from);
    let passed = moment(later)? - moment(earlier)?;
    Duration::try_from(passed).with_context(|| format!("{later} is before {earlier}"))
}

/// Checks the wait between two attempts, as the service and as the receiver
/// have seen it.
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
            (due..due + LATE).contains(&waited),
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
