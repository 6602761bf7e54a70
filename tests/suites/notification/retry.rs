//! Retries of failed deliveries. The suite's metadata sets the first wait to 50
//! ms; waits double.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::Webhook;
use e2e::webhook::header;
use serde_json::{Value, json};

use crate::support::{
    NOTIFICATIONS, NotificationFixture, ids, request, text, waited, webhook_channel, with,
};

#[test]
fn temporary_failures_are_tried_again_with_growing_waits() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("busy")?;
    webhook.answer_with(&json!([{ "status": 503 }, { "status": 408 }, { "status": 429 }]))?;
    let request = request(json!([webhook_channel(&webhook)]));
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "Sent")?;

    let received = webhook.exactly(4)?;
    let attempts = status["channels"][0]["attempts"].as_array().context("attempts")?;
    let seen: Vec<_> =
        attempts.iter().map(|attempt| (&attempt["outcome"], &attempt["http_status"])).collect();
    let expected = [("failure", 503), ("failure", 408), ("failure", 429), ("success", 200)];
    ensure!(
        seen.len() == 4 && seen.iter().zip(expected).all(|((o, s), e)| **o == e.0 && **s == e.1),
        "{seen:?}"
    );
    for (index, due) in [50, 100, 200].map(Duration::from_millis).into_iter().enumerate() {
        waited(attempts, &received, index, due)?;
    }
    let keys: Vec<_> = received.iter().map(|request| header(request, "idempotency-key")).collect();
    ensure!(!keys[0].is_empty() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");

    let event = fixture.event(correlation)?;
    ensure!(event["event_type"] == "notification.message.sent", "{event:#}");
    ensure!(event["event_data"]["attempts"] == 4, "{event:#}");
    Ok(())
}

#[test]
fn waits_grow_by_the_factor_up_to_the_maximum() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("schedule")?;
    webhook.answer_with(&json!([{ "status": 500, "times": 4 }]))?;
    let retry = json!({ "initial": "20ms", "factor": 10, "max": "300ms", "attempts": 5 });
    let request = with(request(json!([webhook_channel(&webhook)])), "retry", retry);
    fixture.send(&request)?;
    let status = fixture.reach(ids(&request)?.0, "Sent")?;

    let received = webhook.exactly(5)?;
    let attempts = status["channels"][0]["attempts"].as_array().context("attempts")?;
    // Without the maximum the last wait would be 20 s, longer than any delay.
    for (index, due) in [20, 200, 300, 300].map(Duration::from_millis).into_iter().enumerate() {
        waited(attempts, &received, index, due)?;
    }
    Ok(())
}

#[test]
fn retry_after_of_a_receiver_is_respected() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("later")?;
    webhook.answer_with(&json!([{ "status": 429, "headers": { "retry-after": "1" } }]))?;
    let request = request(json!([webhook_channel(&webhook)]));
    fixture.send(&request)?;
    let status = fixture.reach(ids(&request)?.0, "Sent")?;
    let attempts = status["channels"][0]["attempts"].as_array().context("attempts")?;
    waited(attempts, &webhook.exactly(2)?, 0, Duration::from_secs(1))
}

#[test]
fn attempts_end_at_the_maximum() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("down")?;
    webhook.answer_with(&json!([{ "status": 500, "times": 100 }]))?;
    let retry = json!({ "initial": "10ms", "factor": 1, "attempts": 3 });
    let request = with(request(json!([webhook_channel(&webhook)])), "retry", retry);
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "Failed")?;

    ensure!(status["reason"] == "MaxRetriesExhausted", "{status:#}");
    let event = fixture.event(correlation)?;
    ensure!(event["event_type"] == "notification.message.failed", "{event:#}");
    ensure!(event["event_data"]["attempts"] == 3, "{event:#}");
    ensure!(event["event_data"]["http_status"] == 500, "{event:#}");
    // All attempts end before the event is visible.
    webhook.exactly(3)?;
    Ok(())
}

#[test]
fn permanent_failures_are_not_tried_again() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    for status in [400, 401, 404, 301] {
        let webhook = fixture.webhook("never")?;
        webhook.answer_with(&json!([{ "status": status, "times": 100 }]))?;
        let request = request(json!([webhook_channel(&webhook)]));
        fixture.send(&request)?;
        let (name, correlation) = ids(&request)?;
        let found = fixture.reach(name, "Failed")?;
        ensure!(found["reason"] == "AllDeliveriesFailed", "{status}: {found:#}");
        let event = fixture.event(correlation)?;
        ensure!(event["event_data"]["attempts"] == 1, "{status}: {event:#}");
        webhook.exactly(1)?;
    }
    Ok(())
}

#[test]
fn an_unreachable_receiver_is_tried_again() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    // No process listens on a port that was just released.
    let url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        format!("http://{}/hook", listener.local_addr()?)
    };
    let retry = json!({ "initial": "10ms", "attempts": 2 });
    let channel = json!({ "type": "webhook", "url": url });
    let request = with(request(json!([channel])), "retry", retry);
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "Failed")?;
    ensure!(status["reason"] == "MaxRetriesExhausted", "{status:#}");
    let attempts = status["channels"][0]["attempts"].as_array().context("attempts")?;
    ensure!(attempts.len() == 2, "{status:#}");
    for attempt in attempts {
        ensure!(text(&attempt["error"])?.contains("Connection refused"), "{status:#}");
        ensure!(attempt["http_status"].is_null(), "{status:#}");
    }
    ensure!(fixture.event(correlation)?["event_data"]["attempts"] == 2);
    Ok(())
}

#[test]
fn no_attempt_follows_a_deletion() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    // Its first attempt fails, and the second is due after a second.
    let failing = |prefix: &str| -> Result<(Webhook, Value)> {
        let webhook = fixture.webhook(prefix)?;
        webhook.answer_with(&json!([{ "status": 503 }]))?;
        let retry = json!({ "initial": "1s" });
        let request = with(request(json!([webhook_channel(&webhook)])), "retry", retry);
        fixture.send(&request)?;
        fixture.reach(ids(&request)?.0, "Retrying")?;
        Ok((webhook, request))
    };
    let (webhook, request) = failing("deleted")?;
    let (name, correlation) = ids(&request)?;
    let path = format!("{NOTIFICATIONS}/{name}");
    fixture.notification.delete(&path)?.expect(204)?;
    fixture.notification.get(&path)?.problem(404, "not-found")?;
    fixture.notification.delete(&path)?.problem(404, "not-found")?;

    // The second attempt of this one is due later than that of the deleted one.
    let (other, request) = failing("not-deleted")?;
    fixture.reach(ids(&request)?.0, "Sent")?;
    other.exactly(2)?;
    fixture.events(correlation, 0)?;
    webhook.exactly(1)?;
    Ok(())
}
