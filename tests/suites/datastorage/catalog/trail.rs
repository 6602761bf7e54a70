//! Searches in the audit trail, with exact counts.

use anyhow::{Result, bail, ensure};
use contract::AuditEvent;
use e2e::{Endpoint, TIMEOUT, TrailReader, payload, unique};
use serde_json::{Value, json};

use super::support::{SEARCH, create, find, signal, signal_type, workflow};
use crate::support::{datastorage, expect_violations, page, run_parallel, with};

/// The events of a correlation, exactly `count`. Events of searches enter the
/// trail in order and after the answers, so this searches once more and waits
/// for that event.
fn expect_exactly(
    datastorage: &Endpoint,
    trail: &TrailReader,
    correlation_id: &str,
    count: usize,
) -> Result<Vec<Value>> {
    let last = unique("last");
    find(datastorage, &with(signal(&last), json!({ "correlation_id": last })))?;
    trail.expect_exactly(&last, 1, TIMEOUT)?;
    trail.expect_exactly(correlation_id, count, TIMEOUT)
}

#[test]
fn every_search_is_in_the_trail_once_with_what_it_found() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let (kind, correlation_id) = (signal_type(), unique("rr"));
    let created = create(&datastorage, &workflow(&unique("w"), "1", &kind))?;
    let signal = with(
        signal(&kind),
        json!({
            "correlation_id": correlation_id,
            "custom_labels": { "team": "payments" },
            "detected_labels": { "helm": "true" },
            "top_k": 3,
        }),
    );
    find(&datastorage, &signal)?;
    let searched = expect_exactly(&datastorage, &trail, &correlation_id, 1)?;
    find(&datastorage, &with(signal.clone(), json!({ "severity": "low" })))?;
    let events = expect_exactly(&datastorage, &trail, &correlation_id, 2)?;

    ensure!(events[0] == searched[0], "{:#}", events[0]);
    let mut data = with(signal, json!({ "correlation_id": null }));
    data["total"] = json!(1);
    data["workflows"] = json!([{
        "rank": 1,
        "score": 0.9,
        "workflow_id": created["workflow_id"],
        "name": created["name"],
        "version": "1",
    }]);
    let event = &events[0];
    ensure!(event["event_data"] == data, "{event:#}\nexpected {data:#}");
    for (field, value) in [
        ("event_type", "workflow.catalog.search_completed"),
        ("event_category", "workflow"),
        ("event_action", "search_completed"),
        ("event_outcome", "success"),
        ("severity", "critical"),
        ("actor_type", "service"),
        ("actor_id", "datastorage"),
    ] {
        ensure!(event[field] == value, "{field}: {event:#}");
    }
    ensure!(event["duration_ms"].is_u64(), "{event:#}");
    let AuditEvent::SearchCompleted(second) = payload(&events[1])? else {
        bail!("not a search: {:#}", events[1]);
    };
    ensure!((second.total, second.workflows.len()) == (0, 0), "{:#}", events[1]);
    Ok(())
}

#[test]
fn without_a_correlation_the_trail_has_the_request_id() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let answer = datastorage.post(SEARCH, &signal(&signal_type()))?.expect(200)?;
    expect_exactly(&datastorage, &trail, answer.header("x-request-id"), 1)?;
    Ok(())
}

#[test]
fn searches_at_once_are_all_in_the_trail() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let signal = with(signal(&signal_type()), json!({ "correlation_id": correlation_id }));
    let jobs = (0..30).map(|_| || find(&datastorage, &signal)).collect();
    run_parallel(jobs)?;
    expect_exactly(&datastorage, &trail, &correlation_id, 30)?;
    Ok(())
}

#[test]
fn a_search_that_is_refused_is_not_in_the_trail() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let signal = with(signal(&signal_type()), json!({ "correlation_id": correlation_id }));
    expect_violations(
        &datastorage.post(SEARCH, &with(signal.clone(), json!({ "top_k": 0 })))?,
        &["top_k"],
    )?;
    expect_exactly(&datastorage, &trail, &correlation_id, 0)?;
    Ok(())
}

#[test]
fn searches_can_be_found_by_type_and_category() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    find(&datastorage, &with(signal(&signal_type()), json!({ "correlation_id": correlation_id })))?;
    expect_exactly(&datastorage, &trail, &correlation_id, 1)?;
    for (filter, count) in [
        ("event_type=workflow.catalog.search_completed&event_category=workflow", 1),
        ("event_category=storage", 0),
    ] {
        let page = page(&datastorage, &format!("correlation_id={correlation_id}&{filter}"))?;
        ensure!(page["pagination"]["total"] == count, "{filter}: {page:#}");
    }
    Ok(())
}
