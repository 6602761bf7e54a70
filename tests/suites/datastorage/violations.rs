//! Bad input: every violation is listed, and nothing is stored.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{TIMEOUT, unique};
use serde_json::{Value, json};

use crate::support::{EVENTS, ahead, at, datastorage, event, expect_violations, store, with};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn every_missing_field_is_listed() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let answer = datastorage.post(EVENTS, &json!({}))?;
    expect_violations(
        &answer,
        &[
            "version",
            "event_type",
            "event_timestamp",
            "event_category",
            "event_action",
            "event_outcome",
            "correlation_id",
            "event_data",
        ],
    )
}

#[test]
fn every_bad_field_is_listed_at_once() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let bad = json!({
        "version": "2.0",
        "event_id": "7",
        "event_type": "",
        "event_timestamp": "yesterday",
        "event_category": "kitchen",
        "event_action": "x".repeat(51),
        "event_outcome": "maybe",
        "event_data": "x".repeat(64 * 1024),
        "parent_event_id": 7,
        "actor_type": "",
        "actor_id": "x".repeat(256),
        "resource_type": "x".repeat(101),
        "resource_id": false,
        "namespace": "x".repeat(254),
        "cluster_name": {},
        "severity": "warning",
        "duration_ms": -1,
        "colour": "red",
    });
    let fields: Vec<_> = bad.as_object().context("an object")?.keys().map(String::as_str).collect();

    let answer = datastorage.post(EVENTS, &with(event(&correlation_id), bad.clone()))?;

    expect_violations(&answer, &fields)?;
    trail.expect_none(&correlation_id)
}

#[test]
fn each_bad_field_alone_is_named_and_nothing_is_stored() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let cases = [
        ("version", json!(1.0)),
        ("event_type", json!("x".repeat(101))),
        ("event_timestamp", json!("2026-01-31 12:00")),
        ("event_timestamp", json!(1_766_000_000)),
        ("event_timestamp", json!(ahead(6 * MINUTE))),
        ("event_timestamp", json!(at(7 * DAY + MINUTE))),
        ("event_category", json!("Gateway")),
        ("event_action", json!(["received"])),
        ("event_outcome", json!("ok")),
        ("severity", json!("info")),
        ("duration_ms", json!(1.5)),
        ("duration_ms", json!("1")),
        ("correlation_id", json!("c".repeat(256))),
        ("actor_id", json!("nul \u{0}")),
    ];
    for (field, value) in cases {
        let bad = with(event(&correlation_id), json!({ field: value }));
        let answer = datastorage.post(EVENTS, &bad)?;
        expect_violations(&answer, &[field]).with_context(|| format!("{field} = {value}"))?;
    }
    trail.expect_none(&correlation_id)
}

#[test]
fn what_is_just_within_the_limits_is_stored() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let long = |characters: usize| "ü".repeat(characters);
    let cases = [
        json!({ "event_type": long(100) }),
        json!({ "event_action": long(50) }),
        json!({ "resource_id": long(255) }),
        // Two quotes belong to the JSON.
        json!({ "event_data": "x".repeat(64 * 1024 - 2) }),
        json!({ "event_timestamp": ahead(4 * MINUTE) }),
        json!({ "event_timestamp": at(7 * DAY - MINUTE) }),
        json!({ "duration_ms": i64::MAX }),
        json!({ "severity": "low", "namespace": "n" }),
    ];
    for case in &cases {
        store(&datastorage, &with(event(&correlation_id), case.clone()))?;
    }
    trail.expect_exactly(&correlation_id, cases.len(), TIMEOUT)?;
    Ok(())
}

#[test]
fn times_of_any_zone_are_kept_in_utc() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let utc = at(MINUTE);
    let moment = time::OffsetDateTime::parse(&utc, &time::format_description::well_known::Rfc3339)?;
    let zoned = moment
        .to_offset(time::UtcOffset::from_hms(5, 30, 0)?)
        .format(&time::format_description::well_known::Rfc3339)?;
    store(&datastorage, &with(event(&correlation_id), json!({ "event_timestamp": zoned })))?;
    let events = trail.expect_exactly(&correlation_id, 1, TIMEOUT)?;
    anyhow::ensure!(events[0]["event_timestamp"] == utc, "{zoned} became {}", events[0]);
    Ok(())
}

#[test]
fn what_is_no_event_is_refused() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    for body in [Value::Null, json!([]), json!("event"), json!(7)] {
        expect_violations(&datastorage.post(EVENTS, &body)?, &["$"])?;
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let texts = ["", "{", "{\"version\":}", "{} {}", "\u{feff}{}", deep.as_str()];
    for text in texts {
        let answer =
            datastorage.send("POST", EVENTS, Some(("application/json", text.as_bytes())))?;
        expect_violations(&answer, &["$"])?;
    }
    let answer = datastorage.send("POST", EVENTS, Some(("application/json", b"\"\xff\"")))?;
    expect_violations(&answer, &["$"])
}
