//! Bad input, and the operational routes.

use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, unique};
use serde_json::json;
use uuid::Uuid;

use crate::support::{NOTIFICATIONS, NotificationFixture, ids, request, text};

#[test]
fn every_violation_is_listed_and_nothing_is_kept() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let name = unique("bad");
    let bad = json!({
        "name": name,
        "subject": "",
        "body": "x".repeat(20_001),
        "type": "whisper",
        "priority": "P0",
        "channels": [
            { "type": "pigeon" },
            { "type": "webhook", "url": "ftp://example.org/" },
            { "type": "log", "volume": 11 },
            { "type": "slack", "url": "hooks.slack.com/services" },
        ],
        "labels": { "team": 7, "": "x" },
        "metadata": { "number": 1 },
        "retry": { "attempts": 0, "initial": "soon" },
        "recipients": ["ann"],
    });
    let mut expected = [
        "subject",
        "body",
        "type",
        "priority",
        "correlation_id",
        "channels[0].type",
        "channels[1].url",
        "channels[2].volume",
        "channels[3].url",
        "labels.",
        "labels.team",
        "metadata.number",
        "retry.attempts",
        "retry.initial",
        "recipients",
    ];
    expected.sort_unstable();
    let found = fixture.notification.post(NOTIFICATIONS, &bad)?.violations()?;
    ensure!(found == expected, "expected {expected:?}, found {found:?}");
    let path = format!("{NOTIFICATIONS}/{name}");
    fixture.notification.get(&path)?.problem(404, "not-found")?;
    Ok(())
}

/// What the schema cannot say is looked at once the schema is satisfied.
#[test]
fn rules_across_fields_are_listed_together() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let mut bad = request(json!([
        { "type": "webhook" },
        { "type": "console", "url": "http://example.org/" },
        { "type": "console" },
    ]));
    bad["retry"] = json!({ "initial": "2d" });
    let found = fixture.notification.post(NOTIFICATIONS, &bad)?.violations()?;
    let expected = ["channels", "channels[0].url", "channels[1].url", "retry.initial"];
    ensure!(found == expected, "expected {expected:?}, found {found:?}");
    let path = format!("{NOTIFICATIONS}/{}", ids(&bad)?.0);
    fixture.notification.get(&path)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn names_are_labels_and_channels_have_names_of_their_own() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    for name in ["", "Upper", "-a", "a-", "a_b", "a.b", "ä", &"x".repeat(64)] {
        let mut request = request(json!([{ "type": "log" }]));
        request["name"] = json!(name);
        let found = fixture.notification.post(NOTIFICATIONS, &request)?.violations()?;
        ensure!(found == ["name"], "{name:?}: {found:?}");
    }
    let twice = request(json!([{ "type": "log" }, { "type": "log" }]));
    ensure!(fixture.notification.post(NOTIFICATIONS, &twice)?.violations()? == ["channels"]);
    Ok(())
}

#[test]
fn bodies_and_queries_that_cannot_be_read_are_problems() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let post = |media_type: &str, body: &[u8]| {
        fixture.notification.send("POST", NOTIFICATIONS, Some((media_type, body)))
    };
    ensure!(post("application/json", b"{")?.violations()? == ["$"]);
    ensure!(post("application/json", b"[]")?.violations()? == ["$"]);
    ensure!(post("application/json", b"\xff")?.violations()? == ["$"]);
    post("text/plain", b"{}")?.problem(415, "unsupported-media-type")?;
    let large = vec![b' '; 1024 * 1024 + 1];
    post("application/json", &large)?.problem(413, "payload-too-large")?;

    let query = format!("{NOTIFICATIONS}?limit=1001&offset=-1&phase=sent&order=asc&limit=1");
    let found = fixture.notification.get(&query)?.violations()?;
    ensure!(found == ["limit", "offset", "order", "phase"], "{found:?}");
    let wrong = fixture.notification.json("PUT", NOTIFICATIONS, &json!({}))?;
    wrong.problem(405, "method-not-allowed")?;
    fixture.notification.get("/api/v1/nothing")?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn the_operational_routes_answer() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let request = request(json!([{ "type": "log" }]));
    fixture.send(&request)?;
    fixture.reach(ids(&request)?.0, "Sent")?;

    let get = |path: &str| fixture.notification.get(path)?.expect(200);
    ensure!(get("/health/live")?.value()? == json!({ "status": "live" }));
    ensure!(get("/health/ready")?.value()? == json!({ "status": "ready", "degraded": [] }));
    let metrics = get("/metrics")?.body;
    for series in [
        r#"notification_deliveries_total{channel="log",outcome="success"} "#,
        r#"notification_attempts_total{channel="log",outcome="success"} "#,
        r#"http_requests_total{method="POST",route="/api/v1/notifications",status="201"} "#,
    ] {
        let line = metrics.lines().find_map(|line| line.strip_prefix(series));
        let count: u64 = line.with_context(|| format!("no {series} in:\n{metrics}"))?.parse()?;
        ensure!(count >= 1, "{series}{count}");
    }
    let document = get("/openapi.json")?.value()?;
    let paths = document["paths"].as_object().context("paths")?;
    let own: Vec<_> = paths.keys().filter(|path| path.starts_with("/api/")).collect();
    ensure!(own == [NOTIFICATIONS, "/api/v1/notifications/{name}"], "{own:?}");
    ensure!(document["info"]["title"] == "notification", "{}", document["info"]);
    Ok(())
}

#[test]
fn a_request_keeps_its_id() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let path = format!("{NOTIFICATIONS}/{}", unique("no"));
    let id = unique("request");
    let missing = fixture.notification.get_with(&path, ("x-request-id", &id))?;
    ensure!(missing.header("x-request-id") == id, "{:?}", missing.headers);
    ensure!(missing.problem(404, "not-found")?["request_id"] == id);

    // Without a usable one it gets a new one each time.
    let made = |answer: Answer| -> Result<Uuid> {
        let problem = answer.problem(404, "not-found")?;
        Ok(text(&problem["request_id"])?.parse()?)
    };
    let first = made(fixture.notification.get(&path)?)?;
    let second = made(fixture.notification.get_with(&path, ("x-request-id", "two words"))?)?;
    ensure!(first != second, "{first} twice");
    Ok(())
}
