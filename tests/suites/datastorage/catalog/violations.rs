//! Bad input: every violation is listed, and nothing enters the catalog.

use anyhow::{Context as _, Result, ensure};
use e2e::unique;
use serde_json::{Value, json};

use super::support::{SEARCH, WORKFLOWS, create, signal, signal_type, workflow};
use crate::support::{datastorage, expect_violations, with};

#[test]
fn every_missing_field_is_listed() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let required = ["name", "version", "title", "description", "labels", "content"];
    expect_violations(&datastorage.post(WORKFLOWS, &json!({}))?, &required)?;
    let labels = ["signal_type", "severity", "component", "environment", "priority"];
    expect_violations(&datastorage.post(SEARCH, &json!({}))?, &labels)
}

#[test]
fn every_bad_field_of_a_workflow_is_listed_and_nothing_is_added() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, kind) = (unique("bad"), signal_type());
    let parameter = |parameter: Value| json!({ "parameters": { "p": parameter } });
    let cases = [
        (json!({ "version": "1 0" }), "version"),
        (json!({ "version": "v".repeat(65) }), "version"),
        (json!({ "title": "" }), "title"),
        (json!({ "title": "x".repeat(201) }), "title"),
        (json!({ "description": "nul \u{0}" }), "description"),
        (json!({ "owner": 7 }), "owner"),
        (json!({ "maintainer": "x".repeat(256) }), "maintainer"),
        (json!({ "container_image": "two words" }), "container_image"),
        (json!({ "container_digest": "sha256:abc" }), "container_digest"),
        (json!({ "custom_labels": { "team": "a*" } }), "custom_labels.team"),
        (json!({ "detected_labels": ["helm"] }), "detected_labels"),
        (json!({ "parameters": { "1": { "type": "string" } } }), "parameters.1"),
        (parameter(json!({ "type": "list" })), "parameters.p.type"),
        (parameter(json!({ "type": "string", "minimum": 1 })), "parameters.p.minimum"),
        (parameter(json!({ "type": "integer", "enum": [1.5] })), "parameters.p.enum[0]"),
        (
            parameter(json!({ "type": "number", "minimum": 1, "maximum": 0.5 })),
            "parameters.p.minimum",
        ),
        (json!({ "content": [] }), "content"),
        (json!({ "content": [{ "type": "shell" }] }), "content[0].type"),
        (json!({ "content": [{ "type": "wait", "x": "y".repeat(64 * 1024) }] }), "content"),
        (json!({ "is_latest": true }), "is_latest"),
        (json!({ "status": "disabled" }), "status"),
    ];
    for (change, field) in &cases {
        let answer =
            datastorage.post(WORKFLOWS, &with(workflow(&name, "1", &kind), change.clone()))?;
        expect_violations(&answer, &[*field]).with_context(|| change.to_string())?;
    }
    for (label, value) in [
        ("signal_type", json!("OOM*")),
        ("severity", json!("warning")),
        ("component", json!("")),
        ("environment", Value::Null),
        ("priority", json!("p0")),
        ("colour", json!("red")),
    ] {
        let mut bad = workflow(&name, "1", &kind);
        bad["labels"][label] = value;
        expect_violations(&datastorage.post(WORKFLOWS, &bad)?, &[&format!("labels.{label}")])?;
    }
    let path = format!("{WORKFLOWS}/by-name/{name}/versions");
    datastorage.get(&path)?.problem(404, "not-found")?;
    expect_violations(&datastorage.post(WORKFLOWS, &workflow("Bad", "1", &kind))?, &["name"])
}

#[test]
fn every_bad_field_of_a_search_is_listed_at_once() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let bad = json!({
        "signal_type": "*",
        "severity": "*",
        "component": 1,
        "environment": "x".repeat(101),
        "priority": "high",
        "custom_labels": [],
        "detected_labels": (0..21).map(|number| (number.to_string(), json!("x"))).collect::<Value>(),
        "min_score": 1.01,
        "top_k": 101,
        "correlation_id": "c".repeat(256),
        "limit": 1,
    });
    let fields: Vec<_> = bad.as_object().context("an object")?.keys().map(String::as_str).collect();
    expect_violations(&datastorage.post(SEARCH, &bad)?, &fields)?;
    for (field, value) in [("min_score", json!(-0.1)), ("top_k", json!(0)), ("top_k", json!(1.5))] {
        let bad = with(signal(&signal_type()), json!({ field: value }));
        expect_violations(&datastorage.post(SEARCH, &bad)?, &[field])?;
    }
    Ok(())
}

#[test]
fn what_is_just_within_the_limits_is_taken() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let name = format!("{}{}", unique("long"), "x".repeat(26));
    let long = |characters: usize| "ü".repeat(characters);
    let further: Value =
        (0..20).map(|number| (format!("{number:02}{}", long(61)), json!(long(63)))).collect();
    let empty = json!([{ "type": "wait", "x": "" }]).to_string().len();
    let changes = json!({
        "version": "9".repeat(64),
        "title": long(200),
        "description": long(4000),
        "owner": long(255),
        "maintainer": long(255),
        "container_image": "i".repeat(512),
        "labels": {
            "signal_type": long(100), "severity": "low", "component": long(100),
            "environment": long(100), "priority": "P3",
        },
        "custom_labels": further,
        "detected_labels": further,
        "content": [{ "type": "wait", "x": "y".repeat(64 * 1024 - empty) }],
    });
    let sent = with(workflow(&name, "", ""), changes);
    ensure!(name.len() == 63, "{name}");
    let created = create(&datastorage, &sent)?;
    for (field, value) in sent.as_object().context("an object")? {
        ensure!(created[field] == *value, "{field}: {}", created[field]);
    }
    Ok(())
}

#[test]
fn what_is_no_object_is_refused() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    for path in [WORKFLOWS, SEARCH] {
        for body in [Value::Null, json!([]), json!("workflow"), json!(7)] {
            expect_violations(&datastorage.post(path, &body)?, &["$"])?;
        }
        let answer = datastorage.send("POST", path, Some(("text/plain", b"{}")))?;
        answer.problem(415, "unsupported-media-type")?;
        let large = format!("\"{}\"", "x".repeat(1024 * 1024));
        let answer =
            datastorage.send("POST", path, Some(("application/json", large.as_bytes())))?;
        answer.problem(413, "payload-too-large")?;
    }
    Ok(())
}
