//! Outages: services or the database are stopped, killed or paused. Each test
//! runs alone.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::webhook::header;
use e2e::{Capability, Poll, TIMEOUT, Target, Webhook, eventually};
use serde_json::{Value, json};

use crate::support::{
    NOTIFICATIONS, NotificationFixture, between, ids, request, webhook_channel, with,
};

/// Long enough for the service to stop and start in between.
const RETRY_WAIT: Duration = Duration::from_millis(400);

fn notification() -> Target {
    Target::service("notification")
}

fn datastorage() -> Target {
    Target::service("datastorage")
}

/// Sends a notification whose file is written and whose webhook waits for its
/// second attempt.
fn waiting_for_second_attempt(fixture: &NotificationFixture) -> Result<(Value, Webhook)> {
    let webhook = fixture.webhook("again")?;
    webhook.answer_with(&json!([{ "status": 503 }]))?;
    let channels = json!([{ "type": "file" }, webhook_channel(&webhook)]);
    let request = with(request(channels), "retry", json!({ "initial": "400ms", "attempts": 3 }));
    fixture.send(&request)?;
    let name = ids(&request)?.0;
    eventually(TIMEOUT, "the webhook to wait", || {
        let status = fixture.read(name)?["status"].take();
        let waits = status["phase"] == "Retrying"
            && status["channels"][0]["state"] == "Sent"
            && status["channels"][1]["attempts"]
                .as_array()
                .is_some_and(|attempts| attempts.len() == 1);
        Ok(if waits { Poll::Ready(()) } else { Poll::Pending(status.to_string()) })
    })?;
    Ok((request, webhook))
}

/// Checks that the second attempt came when it was due, that the file was not
/// written again, and that the trail has one event for each channel.
fn check_second_attempt(request: &Value, webhook: &Webhook) -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let (name, correlation) = ids(request)?;
    let status = fixture.reach(name, "Sent")?;
    let channels = status["channels"].as_array().context("channels")?;
    let count = |channel: &Value| channel["attempts"].as_array().map(Vec::len);
    ensure!(channels.iter().map(count).eq([Some(1), Some(2)]), "{status:#}");
    let received = webhook.exactly(2)?;
    let waited = between(&received[0]["received_at"], &received[1]["received_at"])?;
    ensure!(waited >= RETRY_WAIT, "the second attempt came {waited:?} after the first");
    let events = fixture.events(correlation, 2)?;
    let sent = events.iter().all(|event| event["event_type"] == "notification.message.sent");
    ensure!(sent && events[0]["event_data"]["channel"] != events[1]["event_data"]["channel"]);
    Ok(())
}

#[test]
fn a_restart_between_two_attempts_keeps_the_schedule_and_sends_nothing_twice() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let (request, webhook) = waiting_for_second_attempt(&fixture)?;
    control.restart(&notification())?;
    check_second_attempt(&request, &webhook)
}

#[test]
fn a_kill_between_two_attempts_loses_nothing_and_sends_nothing_twice() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let (request, webhook) = waiting_for_second_attempt(&fixture)?;
    control.killed(&notification())?.restore()?;
    check_second_attempt(&request, &webhook)
}

/// Sends a notification that its receiver has got and answers so many milliseconds later.
fn unanswered_attempt(fixture: &NotificationFixture, delay_ms: u64) -> Result<(Value, Webhook)> {
    let webhook = fixture.webhook("slow")?;
    let late = json!({ "status": 200, "delay_ms": delay_ms, "times": 1 });
    webhook.answer_with(&json!([late, { "status": 200 }]))?;
    let request = request(json!([webhook_channel(&webhook)]));
    fixture.send(&request)?;
    eventually(TIMEOUT, "the attempt to arrive", || match webhook.requests()?.len() {
        1 => Ok(Poll::Ready(())),
        count => Ok(Poll::Pending(format!("{count} requests"))),
    })?;
    Ok((request, webhook))
}

#[test]
fn a_stop_waits_for_the_attempt_that_is_under_way() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let (request, webhook) = unanswered_attempt(&fixture, 500)?;
    control.restart(&notification())?;
    let fixture = NotificationFixture::new()?;
    fixture.reach(ids(&request)?.0, "Sent")?;
    let event = fixture.event(ids(&request)?.1)?;
    ensure!(event["event_data"]["attempts"] == 1, "{event:#}");
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn an_attempt_that_a_kill_cut_off_is_made_again_under_the_same_key() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    // In a cluster even a kill leaves a service a second.
    let (request, webhook) = unanswered_attempt(&fixture, 4000)?;
    control.killed(&notification())?.restore()?;
    let fixture = NotificationFixture::new()?;
    fixture.reach(ids(&request)?.0, "Sent")?;
    fixture.event(ids(&request)?.1)?;
    // The receiver may have processed the first request, so the key must be the
    // same.
    let received = webhook.exactly(2)?;
    let keys = [&received[0], &received[1]].map(|request| header(request, "idempotency-key"));
    ensure!(!keys[0].is_empty() && keys[0] == keys[1], "{keys:?}");
    Ok(())
}

/// Waits until the service reports a degraded part.
fn wait_until_degraded(fixture: &NotificationFixture, what: &str) -> Result<()> {
    eventually(TIMEOUT, &format!("the service to miss its {what}"), || {
        let ready = fixture.notification.get("/health/ready")?.expect(200)?.value()?;
        let missing = ready["degraded"].as_array().context("degraded")?;
        Ok(match missing.contains(&json!(what)) {
            true => Poll::Ready(()),
            false => Poll::Pending(ready.to_string()),
        })
    })
}

#[test]
fn without_datastorage_messages_are_sent_and_audit_events_follow_later() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let away = control.stopped(&datastorage())?;
    let webhook = fixture.webhook("untold")?;
    let requests: Vec<_> =
        (0..5).map(|_| request(json!([webhook_channel(&webhook), { "type": "log" }]))).collect();
    for request in &requests {
        fixture.send(request)?;
    }
    for request in &requests {
        fixture.reach(ids(request)?.0, "Sent")?;
    }
    webhook.exactly(5)?;
    wait_until_degraded(&fixture, "datastorage")?;
    away.restore()?;
    let fixture = NotificationFixture::new()?;
    for request in &requests {
        fixture.events(ids(request)?.1, 2)?;
    }
    Ok(())
}

#[test]
fn audit_events_pending_at_a_kill_are_sent_after_the_restart() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let needed = [Capability::Stop, Capability::Kill];
    let Some(control) = fixture.run.control(&needed)? else { return Ok(()) };
    let away = control.stopped(&datastorage())?;
    let request = request(json!([{ "type": "log" }, { "type": "file" }]));
    fixture.send(&request)?;
    fixture.reach(ids(&request)?.0, "Sent")?;
    let killed = control.killed(&notification())?;
    away.restore()?;
    killed.restore()?;
    NotificationFixture::new()?.events(ids(&request)?.1, 2).map(drop)
}

#[test]
fn a_paused_datastorage_gets_each_event_once_after_it_resumes() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Pause])? else { return Ok(()) };
    let halted = control.paused(&datastorage())?;
    let webhook = fixture.webhook("hanging")?;
    let request = request(json!([webhook_channel(&webhook)]));
    fixture.send(&request)?;
    fixture.reach(ids(&request)?.0, "Sent")?;
    halted.restore()?;
    fixture.event(ids(&request)?.1)?;
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn without_its_database_requests_are_refused_and_reads_work() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let before = request(json!([{ "type": "log" }]));
    fixture.send(&before)?;
    fixture.reach(ids(&before)?.0, "Sent")?;

    let away = control.stopped(&Target::Database)?;
    let webhook = fixture.webhook("refused")?;
    let refused = request(json!([webhook_channel(&webhook)]));
    let answer = fixture.notification.post(NOTIFICATIONS, &refused)?;
    answer.problem(503, "service-unavailable")?;
    if fixture.run.has_database("sqlite") {
        // Its file cannot be written, and can be read.
        fixture.read(ids(&before)?.0)?;
    } else {
        let path = format!("{NOTIFICATIONS}/{}", ids(&before)?.0);
        fixture.notification.get(&path)?.problem(503, "service-unavailable")?;
    }
    wait_until_degraded(&fixture, "database")?;

    away.restore()?;
    webhook.exactly(0)?;
    fixture.send(&refused)?;
    fixture.reach(ids(&refused)?.0, "Sent")?;
    fixture.event(ids(&refused)?.1)?;
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn a_delivery_made_while_the_database_was_unavailable_is_recorded_and_not_repeated() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let (request, webhook) = unanswered_attempt(&fixture, 20_000)?;
    let away = control.stopped(&Target::Database)?;
    // However long that took, the attempt is answered after it.
    webhook.answer_with(&json!([]))?;
    let name = ids(&request)?.0;
    let log = || control.logs("notification");
    eventually(TIMEOUT, "the outcome to find no database", || {
        let log = log()?;
        let line = log.lines().rfind(|line| line.contains(name) && line.contains("cannot keep"));
        Ok(match line {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending(log.lines().last().unwrap_or_default().to_owned()),
        })
    })?;
    away.restore()?;
    fixture.reach(name, "Sent")?;
    fixture.event(ids(&request)?.1)?;
    webhook.exactly(1)?;
    Ok(())
}
