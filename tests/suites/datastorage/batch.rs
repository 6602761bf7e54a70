//! Batches: all or nothing.

use anyhow::{Result, ensure};
use e2e::{TIMEOUT, unique};
use serde_json::json;

use crate::support::{BATCH, datastorage, event, expect_violations, id, store, store_batch, with};

#[test]
fn a_thousand_events_are_stored_in_one_call() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let events: Vec<_> = (0..1000)
        .map(|number| with(event(&correlation_id), json!({ "event_data": number })))
        .collect();

    store_batch(&datastorage, &events)?;

    let stored = trail.expect_exactly(&correlation_id, 1000, TIMEOUT)?;
    let mut sent: Vec<_> = events.iter().map(id).collect::<Result<_>>()?;
    let mut found: Vec<_> = stored.iter().map(id).collect::<Result<_>>()?;
    sent.sort();
    found.sort();
    ensure!(sent == found, "other events were stored than were sent");
    Ok(())
}

#[test]
fn a_batch_has_at_least_one_and_at_most_a_thousand_events() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    expect_violations(&datastorage.post(BATCH, &json!([]))?, &["$"])?;
    let events: Vec<_> = (0..1001).map(|_| event(&correlation_id)).collect();
    expect_violations(&datastorage.post(BATCH, &json!(events))?, &["$"])?;
    expect_violations(&datastorage.post(BATCH, &event(&correlation_id))?, &["$"])?;
    trail.expect_none(&correlation_id)
}

#[test]
fn one_bad_event_keeps_all_out_and_every_violation_names_its_position() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let good = || event(&correlation_id);
    let batch = json!([
        good(),
        with(good(), json!({ "severity": "warning", "event_type": null })),
        good(),
        with(good(), json!({ "colour": "red" })),
        7,
    ]);

    let answer = datastorage.post(BATCH, &batch)?;

    expect_violations(&answer, &["[1].severity", "[1].event_type", "[3].colour", "[4]"])?;
    trail.expect_none(&correlation_id)
}

#[test]
fn a_parent_may_come_earlier_in_the_batch_but_not_later() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let parent = event(&correlation_id);
    let child = with(event(&correlation_id), json!({ "parent_event_id": parent["event_id"] }));

    let answer = datastorage.post(BATCH, &json!([event(&correlation_id), child, parent]))?;
    expect_violations(&answer, &["[1].parent_event_id"])?;
    trail.expect_none(&correlation_id)?;

    store_batch(&datastorage, &[parent, child])?;
    trail.expect_exactly(&correlation_id, 2, TIMEOUT)?;
    Ok(())
}

#[test]
fn a_batch_sent_again_stores_only_what_is_new() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let mut events = vec![event(&correlation_id), event(&correlation_id)];
    store(&datastorage, &events[0])?;
    store_batch(&datastorage, &events)?;
    store_batch(&datastorage, &events)?;
    // The same event twice within one batch.
    let new = event(&correlation_id);
    events.extend([new.clone(), new]);
    store_batch(&datastorage, &events)?;

    trail.expect_exactly(&correlation_id, 3, TIMEOUT)?;
    Ok(())
}

#[test]
fn a_taken_id_keeps_the_whole_batch_out() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);
    store(&datastorage, &sent)?;
    let other = with(sent, json!({ "event_action": "dropped" }));

    let answer = datastorage.post(BATCH, &json!([event(&correlation_id), other]))?;

    let problem = answer.problem(409, "conflict")?;
    ensure!(problem["errors"][0]["field"] == "[1].event_id", "{problem}");
    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    ensure!(events[0]["event_action"] == "received", "{:#}", events[0]);
    Ok(())
}
