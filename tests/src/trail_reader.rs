//! Reading the audit trail, with exact counts.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use contract::AuditEvent;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::{Endpoint, Poll, TIMEOUT, escape, eventually, unique};

/// The path of events.
const EVENTS: &str = "/api/v1/audit/events";

/// The largest page of DataStorage.
const PAGE: usize = 1000;

/// Reads the audit trail from DataStorage over HTTP, as any client does.
#[derive(Clone, Debug)]
pub struct TrailReader {
    datastorage: Endpoint,
}

impl TrailReader {
    /// A reader of this DataStorage's trail.
    pub fn new(datastorage: Endpoint) -> Self {
        Self { datastorage }
    }

    /// The events of a correlation, oldest first.
    ///
    /// # Errors
    /// When DataStorage does not answer with a page, or the pages contradict
    /// each other.
    pub fn events(&self, correlation_id: &str) -> Result<Vec<Value>> {
        match self.look(correlation_id)? {
            Poll::Ready(events) => Ok(events),
            Poll::Pending(answer) => bail!(answer),
        }
    }

    /// Like [`events`](Self::events), where DataStorage may be without its database yet:
    /// each of its replicas notices for itself that it is back.
    fn look(&self, correlation_id: &str) -> Result<Poll<Vec<Value>>> {
        let mut events = Vec::new();
        loop {
            let path = format!(
                "{EVENTS}?correlation_id={}&limit={PAGE}&offset={}",
                escape(correlation_id),
                events.len()
            );
            let answer = self.datastorage.get(&path)?;
            if answer.status == 503 {
                return Ok(Poll::Pending(format!("{} answers with 503", answer.request)));
            }
            let page = answer.expect(200)?.value()?;
            let data = page["data"].as_array().context("a page without data")?;
            events.extend(data.iter().cloned());
            if page["pagination"]["has_more"] == false {
                ensure!(
                    page["pagination"]["total"] == events.len(),
                    "the pages hold {} events, but: {}",
                    events.len(),
                    page["pagination"]
                );
                events.reverse();
                return Ok(Poll::Ready(events));
            }
            ensure!(!data.is_empty(), "an empty page says that there is more: {page}");
        }
    }

    /// Waits until a correlation has `count` events and returns them, oldest
    /// first. Then checks that there are no more: it writes a marker event, and
    /// once that is visible, so are all events that DataStorage accepted before
    /// it.
    ///
    /// # Errors
    /// When there are more, or too few when the time is over; the error lists
    /// what is there.
    pub fn expect_exactly(
        &self,
        correlation_id: &str,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Value>> {
        let what = format!("{count} events of {correlation_id}");
        self.settled(&what, || self.look(correlation_id), count, within)
    }

    /// Like [`expect_exactly`](Self::expect_exactly), for those events of a
    /// correlation that one service has told of.
    ///
    /// # Errors
    /// When there are more, or too few when the time is over.
    pub fn expect_exactly_by(
        &self,
        service: &str,
        correlation_id: &str,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Value>> {
        self.expect_exactly_by_if(service, |_| true, correlation_id, count, within)
    }

    /// Like [`expect_exactly_by`](Self::expect_exactly_by), for those events of a service
    /// that count.
    ///
    /// # Errors
    /// When there are more, or too few when the time is over.
    pub fn expect_exactly_by_if(
        &self,
        service: &str,
        counts: impl Fn(&Value) -> bool,
        correlation_id: &str,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Value>> {
        let what = format!("{count} events of {correlation_id} by {service}");
        let events = || {
            let mut events = self.look(correlation_id)?;
            if let Poll::Ready(events) = &mut events {
                events.retain(|event| event["actor_id"] == service && counts(event));
            }
            Ok(events)
        };
        self.settled(&what, events, count, within)
    }

    fn settled(
        &self,
        what: &str,
        events: impl Fn() -> Result<Poll<Vec<Value>>>,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Value>> {
        let enough = || {
            Ok(match events()? {
                Poll::Ready(events) if events.len() < count => Poll::Pending(summary(&events)),
                events => events,
            })
        };
        eventually(within, what, enough)?;
        self.mark(within)?;
        let events = eventually(within, what, enough)?;
        if events.len() != count {
            bail!("expected {what}, there are {}", summary(&events));
        }
        Ok(events)
    }

    /// Like [`expect_exactly`](Self::expect_exactly), for a correlation that
    /// must have no event now.
    ///
    /// # Errors
    /// When it has some.
    pub fn expect_none(&self, correlation_id: &str) -> Result<()> {
        self.expect_exactly(correlation_id, 0, Duration::ZERO).map(|_| ())
    }

    /// Writes a marker event and waits until it can be read. The spool keeps
    /// the order too.
    fn mark(&self, within: Duration) -> Result<()> {
        let id = Uuid::now_v7();
        let marker = json!({
            "version": "1.0",
            "event_id": id,
            "event_type": "e2e.trail.marked",
            "event_timestamp": now()?,
            "event_category": "storage",
            "event_action": "marked",
            "event_outcome": "success",
            "correlation_id": unique("marker"),
            "event_data": {},
        });
        let answer = self.datastorage.post(EVENTS, &marker)?;
        let within = if answer.status == 202 {
            // Another replica may hold the lock for longer than this one waits for it.
            within.max(TIMEOUT)
        } else {
            answer.expect(201)?;
            within
        };
        eventually(within, "the marker", || {
            let answer = self.datastorage.get(&format!("{EVENTS}/{id}"))?;
            Ok(match answer.status {
                200 => Poll::Ready(()),
                status => Poll::Pending(format!("status {status}")),
            })
        })
    }
}

/// What an event of the trail says, typed.
///
/// # Errors
/// When it is not an event of this workspace, or has not its payload.
pub fn payload(event: &Value) -> Result<AuditEvent> {
    let [event_type, event_data] = ["event_type", "event_data"].map(|field| &event[field]);
    let payload = json!({ "event_type": event_type, "event_data": event_data });
    serde_json::from_value(payload).with_context(|| format!("an unexpected event: {event:#}"))
}

/// The current time in the format of DataStorage.
///
/// # Errors
/// When the clock shows a year that RFC 3339 cannot write.
pub fn now() -> Result<String> {
    Ok(OffsetDateTime::from(SystemTime::now()).format(&Rfc3339)?)
}

/// A short description of events, for errors.
fn summary(events: &[Value]) -> String {
    let one = |event: &Value| {
        let text = |field: &str| event[field].as_str().unwrap_or("?").to_owned();
        format!("{} ({})", text("event_type"), text("event_outcome"))
    };
    let list: Vec<_> = events.iter().map(one).collect();
    format!("{}: [{}]", events.len(), list.join(", "))
}
