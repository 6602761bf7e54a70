//! Clients that write until a request fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use e2e::{Endpoint, Poll, Run, TrailReader, eventually, unique};
use serde_json::{Value, json};

use crate::support::{EVENTS, event, id, with};

/// How many clients write at the same time.
const WRITERS: usize = 8;

/// The events of all writers.
#[derive(Debug, Default)]
pub(super) struct WrittenEvents {
    pub(super) correlation_id: String,
    /// Events answered with 201 or 202.
    pub(super) acknowledged: Vec<Value>,
    /// Events without an answer or refused: the last one of each writer.
    pub(super) unknown: Vec<Value>,
}

/// Starts writers, calls `disturb` while they write, and returns once all of
/// them have stopped. Together they have about `most` events spooled, however long that
/// takes.
pub(super) fn write_while(
    run: &Run,
    most: usize,
    disturb: impl FnOnce() -> Result<()>,
) -> Result<WrittenEvents> {
    let url = run.service("datastorage")?.base().to_owned();
    let mut written = WrittenEvents { correlation_id: unique("rr"), ..WrittenEvents::default() };
    let (count, spooled) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    let enough = || over.load(Ordering::Relaxed) || spooled.load(Ordering::Relaxed) >= most;
    thread::scope(|scope| {
        let write = || write(&url, &written.correlation_id, &count, &spooled, enough);
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
        let outcome = eventually(Duration::from_secs(10), "200 events", || {
            match count.load(Ordering::Relaxed) {
                count @ ..200 => Ok(Poll::Pending(count.to_string())),
                _ => Ok(Poll::Ready(())),
            }
        })
        .and_then(|()| disturb());
        over.store(true, Ordering::Relaxed);
        let mut ended = Vec::new();
        for writer in writers {
            ended.push(writer.join().map_err(|_| anyhow!("a writer panicked"))?);
        }
        outcome?;
        anyhow::Ok(ended)
    })?
    .into_iter()
    .for_each(|(acknowledged, unknown)| {
        written.acknowledged.extend(acknowledged);
        written.unknown.extend(unknown);
    });
    Ok(written)
}

/// Writes one event after the other; returns those that were acknowledged, and
/// the one that was not.
fn write(
    url: &str,
    correlation_id: &str,
    count: &AtomicUsize,
    spooled: &AtomicUsize,
    enough: impl Fn() -> bool,
) -> (Vec<Value>, Option<Value>) {
    let datastorage = Endpoint::new(url);
    let mut acknowledged = Vec::new();
    while !enough() {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let sent = with(event(correlation_id), json!({ "event_data": { "number": number } }));
        match datastorage.post(EVENTS, &sent) {
            Ok(answer) if answer.status == 201 => acknowledged.push(sent),
            Ok(answer) if answer.status == 202 => {
                spooled.fetch_add(1, Ordering::Relaxed);
                acknowledged.push(sent);
            }
            _ => return (acknowledged, Some(sent)),
        }
    }
    (acknowledged, None)
}

impl WrittenEvents {
    /// Sends the events without an acknowledgement again, as a client would.
    /// Then checks that all events are stored once and as they were sent.
    pub(super) fn are_all_there(mut self, run: &Run, within: Duration) -> Result<()> {
        let (datastorage, trail) = (run.service("datastorage")?, run.trail()?);
        for sent in std::mem::take(&mut self.unknown) {
            let status = datastorage.post(EVENTS, &sent)?.status;
            ensure!([201, 202].contains(&status), "{status}");
            self.acknowledged.push(sent);
        }
        are_there(&trail, &self.correlation_id, &self.acknowledged, within)
    }
}

/// Checks that exactly these events are stored, equal in every field that was
/// sent.
pub(super) fn are_there(
    trail: &TrailReader,
    correlation_id: &str,
    sent: &[Value],
    within: Duration,
) -> Result<()> {
    let stored = trail.expect_exactly(correlation_id, sent.len(), within)?;
    for sent in sent {
        let sent_id = id(sent)?;
        let found = stored.iter().find(|event| event["event_id"] == *sent_id);
        let Some(found) = found else { anyhow::bail!("{sent_id} is lost") };
        for (field, value) in sent.as_object().into_iter().flatten() {
            ensure!(
                found[field] == *value,
                "{field} of {sent_id}: {value} became {}",
                found[field]
            );
        }
    }
    Ok(())
}
