//! Building and sending events.

use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow, ensure};
use e2e::{Answer, Endpoint, Run, TrailReader};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

pub(crate) const EVENTS: &str = "/api/v1/audit/events";
pub(crate) const BATCH: &str = "/api/v1/audit/events/batch";

/// DataStorage and its trail.
pub(crate) fn datastorage() -> Result<(Endpoint, TrailReader)> {
    let run = Run::of_process()?;
    Ok((run.service("datastorage")?, run.trail()?))
}

/// An event with the required fields and a new id.
pub(crate) fn event(correlation_id: &str) -> Value {
    json!({
        "version": "1.0",
        "event_id": Uuid::now_v7(),
        "event_type": "gateway.signal.received",
        "event_timestamp": at(Duration::ZERO),
        "event_category": "gateway",
        "event_action": "received",
        "event_outcome": "success",
        "correlation_id": correlation_id,
        "event_data": { "alert": "HighMemory" },
    })
}

/// The event with other fields; `null` removes a field.
pub(crate) fn with(mut event: Value, changes: Value) -> Value {
    let changes = changes.as_object().cloned().unwrap_or_default();
    if let Some(fields) = event.as_object_mut() {
        for (field, value) in changes {
            if value.is_null() {
                fields.remove(&field);
            } else {
                fields.insert(field, value);
            }
        }
    }
    event
}

/// The time `ago` before now, as DataStorage writes it: in UTC, to the
/// microsecond.
pub(crate) fn at(ago: Duration) -> String {
    format(OffsetDateTime::from(SystemTime::now()) - ago)
}

/// The time this long after now.
pub(crate) fn ahead(by: Duration) -> String {
    format(OffsetDateTime::from(SystemTime::now()) + by)
}

fn format(moment: OffsetDateTime) -> String {
    let whole = moment.replace_microsecond(moment.microsecond()).unwrap_or(moment);
    whole.format(&Rfc3339).expect("a year of four digits")
}

/// The event's id.
pub(crate) fn id(event: &Value) -> Result<String> {
    Ok(event["event_id"].as_str().with_context(|| format!("no event_id in {event}"))?.to_owned())
}

/// The ids of the events of a page, in its order.
pub(crate) fn ids(page: &Value) -> Result<Vec<String>> {
    page["data"].as_array().with_context(|| format!("no data in {page}"))?.iter().map(id).collect()
}

/// A page of the trail.
pub(crate) fn page(datastorage: &Endpoint, query: &str) -> Result<Value> {
    datastorage.get(&format!("{EVENTS}?{query}"))?.expect(200)?.value()
}

/// Stores an event and returns the receipt.
pub(crate) fn store(datastorage: &Endpoint, event: &Value) -> Result<Value> {
    datastorage.post(EVENTS, event)?.expect(201)?.value()
}

/// Stores a batch and checks that the receipt names its ids, in its order.
pub(crate) fn store_batch(datastorage: &Endpoint, events: &[Value]) -> Result<()> {
    let receipt = datastorage.post(BATCH, &json!(events))?.expect(201)?.value()?;
    let sent: Vec<_> = events.iter().map(|event| event["event_id"].clone()).collect();
    ensure!(receipt == json!({ "event_ids": sent }), "an unexpected receipt: {receipt}");
    Ok(())
}

/// Checks that an answer has violations of exactly these fields.
pub(crate) fn expect_violations(answer: &Answer, fields: &[&str]) -> Result<()> {
    let mut expected: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
    expected.sort();
    let found = answer.violations()?;
    ensure!(found == expected, "expected violations {expected:?}, found {found:?}");
    Ok(())
}

/// Runs all jobs in parallel and returns their results in order.
pub(crate) fn run_parallel<T: Send>(
    jobs: Vec<impl FnOnce() -> Result<T> + Send>,
) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let running: Vec<_> = jobs.into_iter().map(|job| scope.spawn(job)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<T>>| {
            thread.join().map_err(|_| anyhow!("a client panicked"))?
        };
        running.into_iter().map(join).collect()
    })
}
