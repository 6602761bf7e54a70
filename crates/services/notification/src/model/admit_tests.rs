use serde_json::{Value, json};

use super::*;
use crate::model::{Kind, Notification, Phase, Priority, Retry, Status, for_display, scrubbed};
use crate::testing::read_spec;

fn violations(input: &Value) -> String {
    read_spec(input)
        .expect_err("the input breaks rules")
        .iter()
        .map(|violation| format!("{} {}\n", violation.field, violation.message))
        .collect()
}

fn smallest() -> Value {
    json!({
        "name": "n", "correlation_id": "rr-1", "subject": "s", "body": "b",
        "channels": [{ "type": "log" }],
    })
}

#[test]
fn what_is_left_out_has_a_default() {
    let spec = read_spec(&smallest()).expect("the smallest request");
    assert_eq!((spec.kind, spec.priority), (Kind::Simple, Priority::Medium));
    let log = Channel { name: Some("log".into()), ..Channel::new(ChannelType::Log) };
    assert_eq!(spec.channels, Some(vec![log]));
    assert_eq!(spec.retry, Retry::default());
}

#[test]
fn everything_is_read_and_reads_back_from_what_is_kept() {
    let input = json!({
        "name": "nr-1", "correlation_id": "rr-1", "type": "manual-review", "priority": "critical",
        "subject": "s", "body": "b",
        "channels": [
            { "type": "webhook", "url": "http://host/hook", "name": "first" },
            { "type": "webhook", "url": "https://host:8443/hook" },
            { "type": "file" },
            { "type": "console" },
            { "type": "slack" },
            { "type": "slack", "url": "https://hooks.slack.com/services/T0", "name": "desk" },
        ],
        "labels": { "team": "storage", "app.kubernetes.io/name": "" },
        "metadata": { "cluster": "eu" },
        "action_links": [{ "label": "approve", "url": "https://host/approve" }],
        "retry": { "initial": "50ms", "factor": 1.5, "max": "1s", "attempts": 3 },
    });
    let spec = read_spec(&input).expect("a good request");
    let names: Vec<_> = spec.channels(None).iter().map(|channel| channel.name()).collect();
    assert_eq!(names, ["first", "webhook", "file", "console", "slack", "desk"]);
    let kept = serde_json::to_string(&spec).expect("JSON");
    assert_eq!(serde_json::from_str::<Spec>(&kept).expect("it reads back"), spec);
}

#[test]
fn every_violation_is_listed() {
    insta::assert_snapshot!(violations(&json!({})), @r"
    body is required
    correlation_id is required
    name is required
    subject is required
    ");
    let mut input = smallest();
    input["type"] = json!("approve");
    input["priority"] = json!("P0");
    input["channels"] = json!([
        { "type": "carrier-pigeon", "url": "coop" },
        { "type": "webhook", "url": "ftp://host/" },
        { "type": "webhook", "url": "host/hook" },
        { "type": "webhook", "url": "http://300.300.300.300/" },
        { "name": "Upper", "type": "file" },
    ]);
    input["retry"] =
        json!({ "initial": "soon", "factor": 0.5, "max": 5, "attempts": 21, "jitter": 1 });
    input["metadata"] = json!({ "a": 1 });
    input["recipients"] = json!(["ann"]);
    insta::assert_snapshot!(violations(&input), @r"
    channels[0].type must be one of console, log, file, slack, webhook
    channels[0].url must be an http or https URL
    channels[1].url must be an http or https URL
    channels[2].url must be an http or https URL
    channels[3].url must be a URL
    channels[4].name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    metadata.a must be a string
    priority must be one of critical, high, medium, low
    recipients is not a known field
    retry.attempts must be a whole number from 1 to 20
    retry.factor must be a number from 1 to 10
    retry.initial is not a duration; write it like 50ms, 30s or 5m
    retry.jitter is not a known field
    retry.max must be a string
    type must be one of escalation, simple, status-update, approval, manual-review
    ");
}

#[test]
fn rules_across_fields_are_checked_once_the_fields_are_good() {
    let mut input = smallest();
    input["channels"] = json!([
        { "type": "webhook" },
        { "type": "log", "url": "http://host/" },
        { "type": "slack" },
    ]);
    input["retry"] = json!({ "initial": "2d", "max": "9y" });
    insta::assert_snapshot!(violations(&input), @r"
    channels[0].url is required
    channels[1].url is not a known field
    retry.initial is longer than a day
    retry.max is longer than a day
    ");
}

#[test]
fn channels_of_one_notification_have_names_of_their_own() {
    let mut input = smallest();
    input["channels"] = json!([{ "type": "log" }, { "type": "file", "name": "log" }]);
    insta::assert_snapshot!(violations(&input), @"channels must have names of their own, but two are called log");
}

/// A request as it is answered.
fn shown(spec: Spec) -> Spec {
    let status =
        Status { phase: Phase::Pending, reason: None, completed_at: None, channels: Vec::new() };
    let (id, created_at) = (uuid::Uuid::nil(), time::OffsetDateTime::UNIX_EPOCH);
    for_display(Notification { id, created_at, spec, receiver: None, status }).spec
}

#[test]
fn secrets_are_gone_before_anything_is_kept_and_addresses_stay() {
    let mut input = smallest();
    input["subject"] = json!("password=hunter2");
    input["body"] = json!("Bearer hunter2hunter2");
    input["metadata"] = json!({ "token": "hunter2", "note": "api_key: hunter2" });
    input["action_links"] = json!([{ "label": "see", "url": "https://ann:hunter2@host/" }]);
    input["channels"] = json!([{ "type": "webhook", "url": "http://ann:hunter2@host/hook" }]);
    let spec = read_spec(&input).expect("a good request");
    let spec = scrubbed(spec);

    let kept = serde_json::to_string(&spec).expect("JSON");
    assert_eq!(kept.matches("hunter2").count(), 1, "only the address needs it: {kept}");
    let shown = serde_json::to_string(&shown(spec)).expect("JSON");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("http://host/hook"), "{shown}");
}

/// A secret can be shorter than what replaces it.
#[test]
fn texts_are_within_their_limits_without_their_secrets_too() {
    let long = |length: usize| "pwd=ä,".repeat(length).chars().take(length).collect::<String>();
    let mut input = smallest();
    input["subject"] = json!(long(200));
    input["body"] = json!(long(20_000));
    input["labels"] = json!({ long(100): long(1000) });
    input["metadata"] = json!({ long(100): long(2000), "pwd": "ä" });
    input["action_links"] = json!([{ "label": long(100), "url": long(2000) }]);
    let spec = scrubbed(read_spec(&input).expect("a good request"));

    assert_eq!(spec.subject.chars().count(), 200);
    assert!(spec.subject.starts_with("pwd=[REDACTED],pwd=["), "{}", spec.subject);
    assert!(spec.subject.ends_with('…'), "{}", spec.subject);
    assert_eq!(spec.metadata["pwd"], "[REDACTED]");
    let kept = serde_json::to_value(&spec).expect("JSON");
    let again = read_spec(&kept).expect("it keeps the limits");
    assert_eq!(again, spec);
}

#[test]
fn a_correlation_id_may_not_hold_a_secret() {
    let mut input = smallest();
    input["correlation_id"] = json!("rr-1 token=hunter2");
    insta::assert_snapshot!(violations(&input), @"correlation_id must not hold a secret");
}
