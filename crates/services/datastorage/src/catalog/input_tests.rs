use contract::datastorage::{LabelPattern, Priority, WorkflowQuery, WorkflowStatus};
use kit::check::Schema;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH};
use crate::catalog::testing::{
    lines, refused_search, refused_workflow, search, sent, signal, with, workflow,
};

fn good() -> Value {
    sent("restart-pod", "1.0.0")
}

fn refusal(field: &str, value: Value) -> String {
    refused_workflow(&with(good(), field, value))
}

fn parameter(parameter: Value) -> Value {
    with(good(), "parameters", json!({ "p": parameter }))
}

#[test]
fn what_is_required_is_enough() {
    let read = workflow(&good());
    assert_eq!(read.definition.owner, None);
    assert!(read.definition.custom_labels.is_empty() && read.definition.parameters.is_empty());
}

#[test]
fn every_field_is_taken_over() {
    let mut full = good();
    for (field, value) in [
        ("owner", json!("sre")),
        ("maintainer", json!("ops@example.com")),
        ("container_image", json!("registry.local/restart:1.0.0")),
        ("container_digest", json!(format!("sha256:{}", "0a".repeat(32)))),
        ("custom_labels", json!({ "team": "payments", "tier": "*" })),
        ("detected_labels", json!({ "gitops": "argocd" })),
        (
            "parameters",
            json!({
                "pod": { "type": "string", "description": "Which one", "required": true },
                "mode": { "type": "string", "required": false, "enum": ["", "fast"] },
                "replicas": {
                    "type": "integer", "required": false, "enum": [1, 2], "minimum": 1, "maximum": 1,
                },
                "ratio": { "type": "number", "required": false, "enum": [0.5, 1], "minimum": -0.5 },
                "force": { "type": "boolean", "required": false, "enum": [false] },
            }),
        ),
        ("content", json!([{ "type": "http", "retry": { "b": [1, 0.1] } }, { "type": "wait" }])),
    ] {
        full[field] = value;
    }
    full["labels"]["priority"] = json!("*");
    let written = serde_json::to_value(workflow(&full)).expect("serializable");
    assert_eq!(written, full);
}

#[test]
fn all_violations_are_listed() {
    insta::assert_snapshot!(refused_workflow(&json!({})), @r"
    content is required
    description is required
    labels is required
    name is required
    title is required
    version is required
    ");
    insta::assert_snapshot!(refused_workflow(&json!({
        "name": "Restart",
        "version": "-1",
        "title": "",
        "description": "x".repeat(4001),
        "owner": 1,
        "maintainer": "",
        "container_image": "a b",
        "container_digest": "sha256:0A",
        "labels": { "signal_type": "OOM*", "severity": "warning", "component": "", "colour": "red" },
        "custom_labels": { "team": "*s", "": "x" },
        "detected_labels": [],
        "parameters": { "1st": { "type": "text", "enum": [] } },
        "content": [],
        "status": "active",
    })), @r"
    container_digest must be sha256: and 64 lower-case hexadecimal digits
    container_image must be ASCII without spaces
    content must have 1 to 50 elements, has 0
    custom_labels. must have a key of 1 to 63 characters without U+0000
    custom_labels.team must be one value without `*` in it, or `*` for any
    description must have 1 to 4000 characters
    detected_labels must be an object
    labels.colour is not a known field
    labels.component must have 1 to 100 characters
    labels.environment is required
    labels.priority is required
    labels.severity must be one of critical, high, medium, low, *
    labels.signal_type must be one value without `*` in it, or `*` for any
    maintainer must have 1 to 255 characters
    name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    owner must be a string
    parameters.1st must have a name of letters, digits and '_', with no digit in front
    parameters.1st.type must be one of string, integer, number, boolean
    status is not a known field
    title must have 1 to 200 characters
    version must begin with a letter or digit and have only letters, digits, '.', '_', '+' and '-'
    ");
}

#[test]
fn versions_are_names() {
    for version in ["1", "v1.1", "2.0.0-rc.1+build.5", "2026-01-31", "a_b", &"x".repeat(64)] {
        assert_eq!(workflow(&with(good(), "version", json!(version))).definition.version, version);
    }
    for version in ["", ".1", "1/2", "1 ", "ü", "1\n", &"x".repeat(65)] {
        assert!(refusal("version", json!(version)).starts_with("version "), "{version:?}");
    }
}

#[test]
fn what_a_parameter_says_must_go_together() {
    for (given, violations) in [
        (json!({}), "parameters.p.type is required"),
        (json!({ "type": "string", "minimum": 1 }), "parameters.p.minimum is not a known field"),
        (json!({ "type": "boolean", "maximum": 1 }), "parameters.p.maximum is not a known field"),
        (
            json!({ "type": "integer", "minimum": 2, "maximum": 1 }),
            "parameters.p.minimum must not be above maximum",
        ),
        (
            json!({ "type": "number", "minimum": 0.2, "maximum": 0.1 }),
            "parameters.p.minimum must not be above maximum",
        ),
        (json!({ "type": "number", "minimum": "0" }), "parameters.p.minimum must be a number"),
        (
            json!({ "type": "integer", "minimum": 0.5 }),
            "parameters.p.minimum must be a whole number from -9007199254740991 to 9007199254740991",
        ),
        (
            json!({ "type": "integer", "enum": [1, 1.5] }),
            "parameters.p.enum[1] must be a whole number from -9007199254740991 to 9007199254740991",
        ),
        (json!({ "type": "string", "enum": ["a", 1] }), "parameters.p.enum[1] must be a string"),
        (
            json!({ "type": "boolean", "enum": ["true"] }),
            "parameters.p.enum[0] must be true or false",
        ),
        (json!({ "type": "string", "default": "a" }), "parameters.p.default is not a known field"),
    ] {
        assert_eq!(refused_workflow(&parameter(given.clone())), violations, "{given}");
    }
}

#[test]
fn content_is_steps_of_known_types_and_is_limited() {
    let step = |rest: usize| json!([{ "type": "http", "body": "x".repeat(rest) }]);
    let empty = step(0).to_string().len();
    workflow(&with(good(), "content", step(MAX_CONTENT_BYTES - empty)));
    insta::assert_snapshot!(refusal("content", step(MAX_CONTENT_BYTES - empty + 1)), @"content must have at most 65536 bytes as JSON, has 65537");

    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    // A list of steps is one level, a step another.
    let deep = |levels: usize| json!([{ "type": "http", "body": nested(levels - 2) }]);
    workflow(&with(good(), "content", deep(MAX_CONTENT_DEPTH)));
    insta::assert_snapshot!(refusal("content", deep(MAX_CONTENT_DEPTH + 1)), @"content must be nested at most 100 levels deep");

    workflow(&with(good(), "content", json!(vec![json!({ "type": "wait" }); 50])));
    insta::assert_snapshot!(refusal("content", json!(vec![json!({ "type": "wait" }); 51])), @"content must have 1 to 50 elements, has 51");
    insta::assert_snapshot!(refusal("content", json!([{ "type": "shell" }, {}, 7, { "type": "wait", "a": "\0" }])), @r"
    content[0].type must be one of http, wait
    content[1].type is required
    content[2] must be an object
    content[3].a must not contain the character U+0000
    ");
    insta::assert_snapshot!(refusal("content", json!([{ "type": "wait", "a": "\0" }])), @"content[0].a must not contain the character U+0000");
}

#[test]
fn parameters_are_limited() {
    let many = |count: usize| -> Value {
        (0..count).map(|number| (format!("p{number}"), json!({ "type": "string" }))).collect()
    };
    workflow(&with(good(), "parameters", many(50)));
    insta::assert_snapshot!(refusal("parameters", many(51)), @"parameters must have at most 50 entries, has 51");
    let mut large = many(20);
    for (_, parameter) in large.as_object_mut().expect("an object") {
        parameter["description"] = json!("x".repeat(1000));
    }
    assert!(refusal("parameters", large).starts_with("parameters must have at most 16384 bytes"));
}

#[test]
fn five_labels_are_enough_for_a_search() {
    let search = search(&signal());
    assert_eq!((search.min_score(), search.top_k()), (0.0, 10));
    assert_eq!(search.correlation_id, None);
}

#[test]
fn every_violation_of_a_search_is_listed() {
    insta::assert_snapshot!(refused_search(&json!({
        "signal_type": "*",
        "severity": "*",
        "component": "x".repeat(101),
        "priority": "P4",
        "custom_labels": { "team": "*", "x": 1 },
        "detected_labels": { "y": "x".repeat(64) },
        "min_score": 1.1,
        "top_k": 101,
        "correlation_id": "",
        "limit": 1,
    })), @r"
    component must have 1 to 100 characters
    correlation_id must have 1 to 255 characters
    custom_labels.team must not contain `*`
    custom_labels.x must be a string
    detected_labels.y must have 1 to 63 characters
    environment is required
    limit is not a known field
    min_score must be a number from 0 to 1
    priority must be one of P0, P1, P2, P3
    severity must be one of critical, high, medium, low
    signal_type must not contain `*`
    top_k must be a whole number from 1 to 100
    ");
}

#[test]
fn every_filter_is_read() {
    let schema = Schema::of_query::<WorkflowQuery>();
    let query: WorkflowQuery = schema
        .read_text(json!({
            "name": "restart-pod",
            "status": "archived",
            "is_latest": "false",
            "signal_type": "*",
            "severity": "*",
            "component": "pod",
            "environment": "production",
            "priority": "P3",
            "limit": "5",
            "offset": "6",
        }))
        .expect("a good query");
    let expected = WorkflowQuery {
        name: Some("restart-pod".to_owned()),
        status: Some(WorkflowStatus::Archived),
        is_latest: Some(false),
        signal_type: Some(LabelPattern::Any),
        severity: Some(LabelPattern::Any),
        component: Some(LabelPattern::Only("pod".to_owned())),
        environment: Some(LabelPattern::Only("production".to_owned())),
        priority: Some(LabelPattern::Only(Priority::P3)),
        limit: Some(5),
        offset: Some(6),
    };
    assert_eq!(query, expected);
    let violations = schema
        .read_text::<WorkflowQuery>(json!({
            "name": "A",
            "status": "on",
            "is_latest": "yes",
            "signal_type": "OOM*",
            "severity": "warning",
            "component": "",
            "environment": "x".repeat(101),
            "priority": "p0",
            "limit": "0",
            "version": "1",
        }))
        .expect_err("a bad query");
    insta::assert_snapshot!(lines(&violations), @r"
    component must have 1 to 100 characters
    environment must have 1 to 100 characters
    is_latest must be true or false
    limit must be a whole number from 1 to 1000
    name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    priority must be one of P0, P1, P2, P3, *
    severity must be one of critical, high, medium, low, *
    signal_type must be one value without `*` in it, or `*` for any
    status must be one of active, disabled, deprecated, archived
    version is not a known field
    ");
}

proptest! {
    #[test]
    fn a_bad_field_is_named_and_no_other(
        field in prop::sample::select(vec![
            "name", "version", "title", "description", "owner", "maintainer", "container_image",
            "container_digest", "labels", "labels.signal_type", "labels.severity",
            "labels.component", "labels.environment", "labels.priority", "custom_labels",
            "detected_labels", "parameters", "content",
        ]),
        value in prop_oneof![
            Just(json!([[]])), Just(json!(true)), Just(json!(1.5)), Just(json!("")),
            Just(json!({ "": "x" })),
        ],
    ) {
        let refusal = refusal(field, value);
        prop_assert!(refusal.lines().all(|line| line.starts_with(field)), "{}", refusal);
    }

    #[test]
    fn what_was_read_reads_back_the_same(
        owner in prop::option::of("[^\\x00]{1,20}"),
        labels in prop::collection::btree_map("[^\\x00]{1,8}", "\\*|[^*\\x00]{1,8}", 0..5),
        numbers in prop::collection::vec(any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()), 1..5),
    ) {
        let mut sent = good();
        sent["owner"] = json!(owner);
        sent["custom_labels"] = json!(labels);
        sent["parameters"] = json!({ "p": { "type": "number", "enum": numbers } });
        sent["content"][0]["numbers"] = json!(numbers);
        let read = workflow(&sent);
        let text = serde_json::to_string(&read).expect("serializable");
        prop_assert_eq!(workflow(&serde_json::from_str(&text).expect("JSON")), read);
    }
}
