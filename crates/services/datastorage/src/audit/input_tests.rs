use std::sync::LazyLock;

use kit::check::Schema;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use uuid::Uuid;

use super::*;

/// The limits of `event_data`.
const MAX_DATA_BYTES: usize = 64 * 1024;
const MAX_DATA_DEPTH: usize = 100;

fn good() -> Value {
    json!({
        "version": "1.0",
        "event_type": "notification.message.sent",
        "event_timestamp": OffsetDateTime::now_utc().format(&Rfc3339).expect("a time"),
        "event_category": "notification",
        "event_action": "sent",
        "event_outcome": "success",
        "correlation_id": "rr-1",
        "event_data": { "channel": "webhook" },
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut event = good();
    event[field] = value;
    event
}

static EVENT: LazyLock<Schema> = LazyLock::new(Schema::of::<NewEvent>);
static BATCH: LazyLock<Schema> = LazyLock::new(Schema::of::<EventBatch>);

fn read(sent: &Value) -> Result<NewEvent, Vec<Violation>> {
    EVENT.read(sent.clone()).and_then(event)
}

fn accepted(event: &Value) -> NewEvent {
    read(event).expect("a good event")
}

fn refused(event: &Value) -> Vec<String> {
    let violations = read(event).expect_err("a bad event");
    violations
        .iter()
        .map(|violation| format!("{} {}", violation.field, violation.message))
        .collect()
}

#[test]
fn the_required_fields_are_enough_and_the_id_is_made() {
    let first = accepted(&good());
    let second = accepted(&good());
    assert_eq!(first.event_action, "sent");
    assert_eq!(first.severity, None);
    assert_ne!(first.event_id, second.event_id);
}

#[test]
fn every_field_is_taken_over() {
    let id = Uuid::now_v7();
    let parent = Uuid::now_v7();
    let mut event = good();
    for (field, value) in [
        ("event_id", json!(id)),
        ("parent_event_id", json!(parent)),
        ("actor_type", json!("service")),
        ("actor_id", json!("notification")),
        ("resource_type", json!("notification")),
        ("resource_id", json!("nr-1")),
        ("namespace", json!("shop")),
        ("cluster_name", json!("west")),
        ("severity", json!("low")),
        ("duration_ms", json!(12)),
    ] {
        event[field] = value;
    }
    let read = accepted(&event);
    let mut written = serde_json::to_value(&read).expect("serializable");
    // Only the timestamp may lose precision, below a microsecond.
    assert!(read.event_timestamp.nanosecond().is_multiple_of(1000));
    written["event_timestamp"] = event["event_timestamp"].clone();
    assert_eq!(written, event);
}

#[test]
fn all_violations_are_listed() {
    insta::assert_snapshot!(refused(&json!({})).join("\n"), @r"
    correlation_id is required
    event_action is required
    event_category is required
    event_data is required
    event_outcome is required
    event_timestamp is required
    event_type is required
    version is required
    ");
    insta::assert_snapshot!(refused(&json!({
        "version": "2.0",
        "event_id": "7",
        "event_type": "x".repeat(101),
        "event_timestamp": "yesterday",
        "event_category": "kitchen",
        "event_action": "",
        "event_outcome": 1,
        "correlation_id": "c".repeat(256),
        "event_data": {},
        "parent_event_id": [],
        "severity": "warning",
        "duration_ms": -1,
        "colour": "red",
    })).join("\n"), @r"
    colour is not a known field
    correlation_id must have 1 to 255 characters
    duration_ms must be a whole number from 0 to 9223372036854775807
    event_action must have 1 to 50 characters
    event_category must be one of gateway, notification, analysis, signalprocessing, workflow, orchestration, storage
    event_id must be a UUID
    event_outcome must be one of success, failure, pending
    event_timestamp must be a time like 2026-01-31T12:00:00Z (RFC 3339)
    event_type must have 1 to 100 characters
    parent_event_id must be a string
    severity must be one of critical, high, medium, low
    version must be one of 1.0
    ");
}

#[test]
fn what_is_no_object_is_refused() {
    for event in [json!(null), json!([]), json!("event"), json!(1)] {
        assert_eq!(refused(&event)[0], "$ must be an object", "{event}");
    }
}

#[test]
fn null_is_data_but_nothing_is_not() {
    assert_eq!(accepted(&with("event_data", Value::Null)).event_data, Value::Null);
    let mut event = good();
    event.as_object_mut().expect("an object").remove("event_data");
    assert_eq!(refused(&event), ["event_data is required"]);
}

#[test]
fn optional_fields_may_be_null() {
    let event = accepted(&with("severity", Value::Null));
    assert_eq!(event.severity, None);
}

#[test]
fn data_is_limited_to_the_byte() {
    // Two quotes are part of the JSON.
    accepted(&with("event_data", json!("x".repeat(MAX_DATA_BYTES - 2))));
    assert_eq!(
        refused(&with("event_data", json!("x".repeat(MAX_DATA_BYTES - 1)))),
        ["event_data must have at most 65536 bytes as JSON, has 65537"]
    );
}

#[test]
fn data_is_limited_in_depth() {
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    accepted(&with("event_data", nested(MAX_DATA_DEPTH)));
    assert_eq!(
        refused(&with("event_data", nested(MAX_DATA_DEPTH + 1))),
        ["event_data must be nested at most 100 levels deep"]
    );
}

#[test]
fn the_window_of_times_includes_its_ends() {
    let now = datetime!(2026-01-31 12:00 UTC);
    assert_eq!(check_age(now + MAX_AHEAD, now), Ok(()));
    assert!(check_age(now + MAX_AHEAD + Duration::MICROSECOND, now).is_err());
    assert_eq!(check_age(now - MAX_AGE, now), Ok(()));
    assert!(check_age(now - MAX_AGE - Duration::MICROSECOND, now).is_err());
}

#[test]
fn a_time_outside_of_the_calendar_in_utc_is_refused() {
    assert_eq!(
        refused(&with("event_timestamp", json!("9999-12-31T23:59:59-01:00"))),
        ["event_timestamp must be a time like 2026-01-31T12:00:00Z (RFC 3339)"]
    );
}

#[test]
fn a_batch_has_1_to_1000_events_and_names_positions() {
    let batch = |events: Vec<Value>| BATCH.read(Value::Array(events)).and_then(batch);
    assert_eq!(batch(vec![good(); 1000]).expect("a good batch").len(), 1000);
    for size in [0, 1001] {
        let violations = batch(vec![good(); size]).expect_err("a bad batch");
        assert_eq!(violations[0].field, "$");
    }
    let bad = batch(vec![good(), with("severity", json!("warning")), with("version", json!(1))]);
    let fields: Vec<_> =
        bad.expect_err("a bad batch").into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["[1].severity", "[2].version"]);
    let old = with("event_timestamp", json!("2020-01-31T12:00:00Z"));
    let fields: Vec<_> = batch(vec![old.clone(), good(), old])
        .expect_err("a bad batch")
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["[0].event_timestamp", "[2].event_timestamp"]);
}

/// Any JSON, not too deep and not too large.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(event in any_json()) {
        let _ = read(&event);
    }

    #[test]
    fn a_bad_field_is_named_and_no_other(
        field in prop::sample::select(vec![
            "version", "event_id", "event_type", "event_timestamp", "event_category",
            "event_action", "event_outcome", "correlation_id", "parent_event_id", "actor_type",
            "actor_id", "resource_type", "resource_id", "namespace", "cluster_name", "severity",
            "duration_ms",
        ]),
        value in prop_oneof![Just(json!([])), Just(json!({})), Just(json!(true)), Just(json!(1.5)), Just(json!(""))],
    ) {
        let violations = read(&with(field, value)).expect_err("a bad event");
        let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
        prop_assert_eq!(fields, [field]);
    }

    #[test]
    fn data_reads_back_equal_from_its_own_text(data in any_json()) {
        let text = data.to_string();
        let back: Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(&back, &data);
        prop_assert_eq!(back.to_string(), text);
    }
}
