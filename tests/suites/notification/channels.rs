//! Every channel, and its audit events.

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::audit::Message;
use contract::notification::{Kind, Priority};
use e2e::payload;
use e2e::webhook::{body, header};
use serde_json::{Value, json};

use crate::support::{
    NotificationFixture, ids, named, request, same, slack_channel, text, webhook_channel, with,
};

#[test]
fn a_webhook_gets_the_whole_message_once() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("whole")?;
    let mut request = request(json!([webhook_channel(&webhook)]));
    request["type"] = json!("approval");
    request["priority"] = json!("high");
    request["labels"] = json!({ "team": "storage" });
    request["metadata"] = json!({ "cluster": "eu-1" });
    request["action_links"] = json!([{ "label": "approve", "url": "https://example.org/approve" }]);
    let created = fixture.send(&request)?;
    let (name, _) = ids(&request)?;
    let status = fixture.reach(name, "Sent")?;

    let received = webhook.exactly(1)?;
    ensure!(received[0]["method"] == "POST");
    ensure!(header(&received[0], "content-type") == "application/json");
    let key = format!("{}-webhook", text(&created["id"])?);
    ensure!(header(&received[0], "idempotency-key") == key);
    let expected = json!({
        "id": created["id"],
        "name": name,
        "channel": "webhook",
        "correlation_id": request["correlation_id"],
        "type": "approval",
        "priority": "high",
        "subject": request["subject"],
        "body": request["body"],
        "labels": request["labels"],
        "metadata": request["metadata"],
        "action_links": request["action_links"],
        "created_at": created["created_at"],
    });
    same(&body(&received[0])?, &expected)?;

    let channel = &status["channels"][0];
    ensure!(status["reason"].is_null() && status["completed_at"].is_string(), "{status:#}");
    ensure!(channel["state"] == "Sent" && channel["next_attempt_at"].is_null(), "{status:#}");
    let attempts = channel["attempts"].as_array().context("attempts")?;
    ensure!(attempts.len() == 1 && attempts[0]["outcome"] == "success", "{status:#}");
    ensure!(attempts[0]["http_status"] == 200 && attempts[0]["error"].is_null(), "{status:#}");
    Ok(())
}

#[test]
fn the_trail_gets_one_event_for_each_channel() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("trail")?;
    let channels = json!([{ "type": "log" }, { "type": "file" }, webhook_channel(&webhook)]);
    let request = with(request(channels), "priority", json!("critical"));
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "Sent")?;

    let events = fixture.events(correlation, 3)?;
    for kind in ["log", "file", "webhook"] {
        let mut of_kind = events.iter().filter(|event| event["event_data"]["channel"] == kind);
        let event = of_kind.next().with_context(|| format!("no event of {kind}: {events:#?}"))?;
        ensure!(of_kind.next().is_none(), "two events of {kind}: {events:#?}");
        let fields = [
            ("event_type", "notification.message.sent"),
            ("event_category", "notification"),
            ("event_action", "sent"),
            ("event_outcome", "success"),
            ("correlation_id", correlation),
            ("actor_type", "service"),
            ("actor_id", "notification"),
            ("resource_type", "notification"),
            ("resource_id", name),
            ("severity", "critical"),
        ];
        for (field, value) in fields {
            ensure!(event[field] == value, "{field} is not {value}: {event:#}");
        }
        let message = Message {
            notification: name.to_owned(),
            channel: kind.to_owned(),
            channel_type: kind.parse()?,
            kind: Kind::Simple,
            priority: Priority::Critical,
            attempts: 1,
            http_status: (kind == "webhook").then_some(200),
            error: None,
        };
        ensure!(payload(event)? == AuditEvent::MessageSent(message), "{event:#}");
    }
    Ok(())
}

#[test]
fn a_file_holds_the_whole_message() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let request = request(json!([{ "type": "file" }]));
    let created = fixture.send(&request)?;
    let status = fixture.reach(ids(&request)?.0, "Sent")?;
    let Some(written) = fixture.file(&status["channels"][0])? else { return Ok(()) };
    let expected = json!({
        "id": created["id"],
        "name": request["name"],
        "channel": "file",
        "correlation_id": request["correlation_id"],
        "type": "simple",
        "priority": "medium",
        "subject": request["subject"],
        "body": request["body"],
        "labels": {},
        "metadata": {},
        "action_links": [],
        "created_at": created["created_at"],
    });
    same(&serde_json::from_str(&written)?, &expected)
}

#[test]
fn a_message_cannot_forge_lines_of_the_console() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let mut request = request(json!([{ "type": "console" }]));
    request["priority"] = json!("critical");
    request["subject"] = json!("over\n1970-01-01T00:00:00Z LOW simple forged (rr): \u{1b}[2Jgone");
    request["body"] = json!("first\nsecond");
    let created = fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "Sent")?;
    let log = fixture.log()?;
    let mut lines = log.lines().skip_while(|line| !line.contains(name) || line.starts_with('{'));
    let first = lines.next().with_context(|| format!("{name} is not in the log: {log}"))?;
    let time = text(&created["created_at"])?;
    let expected = format!("{time} CRITICAL simple {name} ({correlation}): over\\n1970-01-01T00");
    ensure!(first.starts_with(&expected) && first.ends_with("\\u{1b}[2Jgone"), "{first}");
    let body: Vec<_> = lines.take(2).collect();
    ensure!(body == ["  | first", "  | second"], "{body:?}");
    Ok(())
}

#[test]
fn a_channel_that_fails_does_not_hold_up_the_others() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let (good, gone) = (fixture.webhook("good")?, fixture.webhook("gone")?);
    gone.answer_with(&json!([{ "status": 410, "body": "moved away" }]))?;
    let channels = [named(webhook_channel(&gone), "gone"), named(webhook_channel(&good), "good")];
    let request = request(json!(channels));
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "PartiallySent")?;

    good.exactly(1)?;
    gone.exactly(1)?;
    let attempt = &status["channels"][0]["attempts"][0];
    ensure!(status["channels"][0]["state"] == "Failed", "{status:#}");
    ensure!(attempt["http_status"] == 410, "{status:#}");
    ensure!(attempt["error"] == "the receiver answered 410 Gone: moved away", "{status:#}");
    ensure!(status["channels"][1]["state"] == "Sent", "{status:#}");

    let events = fixture.events(correlation, 2)?;
    let told = |channel: &str| {
        events
            .iter()
            .find(|event| event["event_data"]["channel"] == channel)
            .with_context(|| format!("no event of {channel}: {events:#?}"))
    };
    let failed = told("gone")?;
    ensure!(failed["event_type"] == "notification.message.failed", "{failed:#}");
    ensure!(failed["event_outcome"] == "failure", "{failed:#}");
    ensure!(failed["event_data"]["error"] == attempt["error"], "{failed:#}");
    ensure!(told("good")?["event_type"] == "notification.message.sent", "{events:#?}");
    Ok(())
}

#[test]
fn of_five_channels_one_fails_and_the_others_are_sent_once() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let (good, down) = (fixture.webhook("fan")?, fixture.webhook("down")?);
    down.answer_with(&json!([{ "status": 502, "times": 100 }]))?;
    let kinds = ["console", "log", "file", "slack", "webhook"];
    let channels =
        [json!({ "type": "console" }), json!({ "type": "log" }), json!({ "type": "file" })]
            .into_iter()
            .chain([slack_channel(&good), webhook_channel(&down)])
            .collect();
    let retry = json!({ "initial": "10ms", "attempts": 3 });
    let request = with(request(Value::Array(channels)), "retry", retry);
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "PartiallySent")?;
    ensure!(status["reason"].is_null(), "{status:#}");

    let events = fixture.events(correlation, 5)?;
    for (index, kind) in kinds.into_iter().enumerate() {
        let (state, outcome, count, http_status) = match kind {
            "webhook" => ("Failed", "failure", 3, json!(502)),
            "slack" => ("Sent", "success", 1, json!(200)),
            _ => ("Sent", "success", 1, Value::Null),
        };
        let channel = &status["channels"][index];
        ensure!(channel["name"] == kind && channel["type"] == kind, "{status:#}");
        ensure!(channel["state"] == state, "{kind}: {status:#}");
        let attempts = channel["attempts"].as_array().context("attempts")?;
        ensure!(attempts.len() == count, "{kind}: {status:#}");
        ensure!(attempts.iter().all(|attempt| attempt["outcome"] == outcome), "{kind}: {status:#}");

        let of_kind: Vec<_> =
            events.iter().filter(|event| event["event_data"]["channel_type"] == kind).collect();
        ensure!(of_kind.len() == 1, "{kind}: {events:#?}");
        let action = if outcome == "success" { "sent" } else { "failed" };
        ensure!(
            of_kind[0]["event_type"] == format!("notification.message.{action}"),
            "{events:#?}"
        );
        ensure!(of_kind[0]["event_outcome"] == outcome, "{kind}: {events:#?}");
        ensure!(of_kind[0]["event_data"]["attempts"] == count, "{kind}: {events:#?}");
        ensure!(of_kind[0]["event_data"]["http_status"] == http_status, "{kind}: {events:#?}");
    }
    // All deliveries end before their events are visible.
    good.exactly(1)?;
    down.exactly(3)?;
    Ok(())
}
