//! One event: stored once, read back equal, never changed.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use e2e::{TIMEOUT, unique};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{EVENTS, datastorage, event, id, store, with};

#[test]
fn every_field_reads_back_as_it_was_sent() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let parent = event(&correlation_id);
    store(&datastorage, &parent)?;
    let sent = with(
        event(&correlation_id),
        json!({
            "parent_event_id": parent["event_id"],
            "actor_type": "service",
            "actor_id": "gateway",
            "resource_type": "pod",
            "resource_id": "shop/cart-0",
            "namespace": "shop",
            "cluster_name": "west",
            "severity": "critical",
            "duration_ms": 1500,
            "event_data": {
                "text": "ü \u{1f980} \"quoted\" \\ \n",
                "numbers": [0, -1, u64::MAX, i64::MIN, 0.1, 1e-300, 1_234_567.891_234_5],
                "nothing": null,
                "nested": [[{ "deep": [true, false] }]],
            },
        }),
    );

    let receipt = store(&datastorage, &sent)?;

    ensure!(receipt["event_id"] == sent["event_id"], "another id: {receipt}");
    let expected = with(sent.clone(), json!({ "recorded_at": receipt["recorded_at"] }));
    let by_id = datastorage.get(&format!("{EVENTS}/{}", id(&sent)?))?.expect(200)?.value()?;
    ensure!(by_id == expected, "by id: {by_id:#}\nexpected: {expected:#}");
    let events = trail.expect_exactly(&correlation_id, 2, TIMEOUT)?;
    ensure!(events[1] == expected, "in the trail: {:#}\nexpected: {expected:#}", events[1]);
    Ok(())
}

#[test]
fn the_required_fields_are_enough() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = with(event(&correlation_id), json!({ "event_id": null }));

    let answer = datastorage.post(EVENTS, &sent)?.expect(201)?;

    let receipt = answer.value()?;
    let made: Uuid = id(&receipt)?.parse()?;
    ensure!(answer.header("location") == format!("{EVENTS}/{made}"), "{:?}", answer.headers);
    let expected = with(sent, json!({ "event_id": made, "recorded_at": receipt["recorded_at"] }));
    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    ensure!(events[0] == expected, "{:#}\nexpected: {expected:#}", events[0]);
    Ok(())
}

#[test]
fn any_json_is_data() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let values = [json!("text"), json!(0), json!(false), json!([]), json!({})];
    for value in &values {
        store(&datastorage, &with(event(&correlation_id), json!({ "event_data": value })))?;
    }
    // `with` removes a field for null, so null is set here.
    let mut null = event(&correlation_id);
    null["event_data"] = Value::Null;
    store(&datastorage, &null)?;

    let events = trail.expect_exactly(&correlation_id, values.len() + 1, TIMEOUT)?;

    let found: Vec<_> = events.iter().map(|event| event["event_data"].clone()).collect();
    ensure!(found[..values.len()] == values, "{found:?}");
    ensure!(events[values.len()].get("event_data") == Some(&Value::Null), "{found:?}");
    Ok(())
}

#[test]
fn an_event_sent_twice_is_stored_once_and_answered_the_same() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = with(event(&correlation_id), json!({ "event_data": [0.1, 1e23, u64::MAX] }));

    let first = store(&datastorage, &sent)?;
    let second = store(&datastorage, &sent)?;

    ensure!(first == second, "{first} and then {second}");
    trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    Ok(())
}

#[test]
fn another_event_with_a_taken_id_is_a_conflict() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);
    store(&datastorage, &sent)?;

    let other = with(sent.clone(), json!({ "event_outcome": "failure" }));
    let problem = datastorage.post(EVENTS, &other)?.problem(409, "conflict")?;

    ensure!(problem["errors"][0]["field"] == "event_id", "{problem}");
    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    ensure!(events[0]["event_outcome"] == "success", "{:#}", events[0]);
    Ok(())
}

#[test]
fn a_parent_must_be_stored() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let parent = event(&correlation_id);
    let child = with(event(&correlation_id), json!({ "parent_event_id": parent["event_id"] }));

    let answer = datastorage.post(EVENTS, &child)?;
    crate::support::expect_violations(&answer, &["parent_event_id"])?;
    trail.expect_none(&correlation_id)?;

    store(&datastorage, &parent)?;
    store(&datastorage, &child)?;
    let events = trail.expect_exactly(&correlation_id, 2, TIMEOUT)?;
    ensure!(events[1]["parent_event_id"] == parent["event_id"], "{:#}", events[1]);
    Ok(())
}

#[test]
fn an_event_that_is_not_there_is_not_found() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let unknown = Uuid::now_v7();
    let problem = datastorage.get(&format!("{EVENTS}/{unknown}"))?.problem(404, "not-found")?;
    let detail = problem["detail"].as_str().unwrap_or_default();
    ensure!(detail.contains(&unknown.to_string()), "{problem}");
    datastorage.get(&format!("{EVENTS}/7"))?.problem(400, "validation-error")?;
    Ok(())
}

#[test]
fn nothing_changes_or_deletes_an_event() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);
    store(&datastorage, &sent)?;
    let path = format!("{EVENTS}/{}", id(&sent)?);
    let other = with(sent.clone(), json!({ "event_action": "forgotten" }));

    for method in ["PUT", "PATCH", "POST"] {
        datastorage.json(method, &path, &other)?.problem(405, "method-not-allowed")?;
    }
    datastorage.delete(&path)?.problem(405, "method-not-allowed")?;
    datastorage.delete(EVENTS)?.problem(405, "method-not-allowed")?;

    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    ensure!(events[0]["event_action"] == sent["event_action"], "{:#}", events[0]);
    Ok(())
}

/// All exact counts of the suites depend on this.
#[test]
fn expect_exactly_fails_for_too_few_and_too_many() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    store(&datastorage, &event(&correlation_id))?;
    store(&datastorage, &event(&correlation_id))?;
    for (count, message) in [(0, "there are 2: "), (1, "there are 2: "), (3, "last state: 2: ")] {
        match trail.expect_exactly(&correlation_id, count, Duration::from_millis(50)) {
            Ok(_) => bail!("{count} events were taken for 2"),
            Err(error) => ensure!(error.to_string().contains(message), "{error:#}"),
        }
    }
    Ok(())
}
