//! Concurrent clients.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use e2e::{TIMEOUT, unique};
use serde_json::{Value, json};

use crate::support::{BATCH, EVENTS, at, datastorage, event, id, run_parallel, store, with};

#[test]
fn fifty_writers_at_once_are_all_served_and_nothing_is_lost() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    // A millisecond apart, so that their order in the trail is defined.
    let events: Vec<Value> = (0..250)
        .map(|number| {
            let ago = Duration::from_millis(250 - number);
            with(event(&correlation_id), json!({ "event_timestamp": at(ago) }))
        })
        .collect();

    // Each writer sends its five one after the other; 201 for all of them.
    let jobs = (0..50).map(|writer| {
        let own = events.iter().skip(writer).step_by(50);
        || own.map(|event| store(&datastorage, event)).collect::<Result<Vec<_>>>()
    });
    run_parallel(jobs.collect())?;

    let found = trail.expect_exactly(&correlation_id, 250, TIMEOUT)?;
    let found: Vec<_> = found.iter().map(id).collect::<Result<_>>()?;
    let sent: Vec<_> = events.iter().map(id).collect::<Result<_>>()?;
    ensure!(found == sent, "not the 250 that were sent, in the order of their times: {found:?}");
    Ok(())
}

#[test]
fn one_event_from_many_at_once_is_stored_once_and_answered_the_same() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);

    let jobs = (0..20).map(|_| || store(&datastorage, &sent)).collect();
    let receipts = run_parallel(jobs)?;

    ensure!(receipts.iter().all(|receipt| *receipt == receipts[0]), "{receipts:?}");
    trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    Ok(())
}

#[test]
fn of_two_events_with_one_id_exactly_one_wins() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);
    let rivals: Vec<_> =
        (0..10).map(|number| with(sent.clone(), json!({ "event_data": number }))).collect();

    let jobs = rivals.iter().map(|rival| || datastorage.post(EVENTS, rival)).collect();
    let statuses: Vec<_> = run_parallel(jobs)?.into_iter().map(|answer| answer.status).collect();

    let won: Vec<_> = (0..10).filter(|index| statuses[*index] == 201).collect();
    ensure!(won.len() == 1, "{statuses:?}");
    ensure!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    ensure!(events[0]["event_data"] == won[0], "{won:?} won, but: {:#}", events[0]);
    Ok(())
}

/// How many different totals the reader must see.
const TOTALS: usize = 5;

/// How many batches each writer sends at most.
const MAX_BATCHES: usize = 20;

#[test]
fn a_reader_sees_all_of_a_batch_or_nothing() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let query = format!("{EVENTS}?correlation_id={correlation_id}&limit=1");

    // Two clients write until the third has seen several totals in between.
    let enough = AtomicBool::new(false);
    let write = || -> Result<usize> {
        let mut sent = 0;
        while sent < MAX_BATCHES && !enough.load(Ordering::SeqCst) {
            let batch: Vec<_> = (0..25).map(|_| event(&correlation_id)).collect();
            datastorage.post(BATCH, &json!(batch))?.expect(201)?;
            sent += 1;
        }
        Ok(sent)
    };
    let (sent, seen) = thread::scope(|scope| -> Result<_> {
        let writing = [scope.spawn(write), scope.spawn(write)];
        let mut seen = BTreeSet::new();
        let mut read = || -> Result<()> {
            while seen.len() < TOTALS && !writing.iter().all(|thread| thread.is_finished()) {
                let page = datastorage.get(&query)?.expect(200)?.value()?;
                let total = page["pagination"]["total"].as_u64().context("a total")?;
                ensure!(total % 25 == 0, "a part of a batch: {total}");
                seen.insert(total);
            }
            Ok(())
        };
        let read = read();
        enough.store(true, Ordering::SeqCst);
        let mut sent = 0;
        for thread in writing {
            sent += thread.join().map_err(|_| anyhow!("a writer panicked"))??;
        }
        read?;
        Ok((sent, seen))
    })?;
    ensure!(seen.len() == TOTALS, "only the totals {seen:?} were seen of {sent} batches");
    trail.expect_exactly(&correlation_id, 25 * sent, TIMEOUT)?;
    Ok(())
}
