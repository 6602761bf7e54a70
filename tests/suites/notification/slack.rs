//! The messages to Slack, and the handling of its answers.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::Webhook;
use e2e::webhook::{body, header};
use serde_json::json;

use crate::support::{NotificationFixture, ids, request, same, slack_channel, text, waited};

#[test]
fn slack_gets_blocks_that_it_can_show() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("blocks")?;
    let mut request = request(json!([slack_channel(&webhook)]));
    request["type"] = json!("approval");
    request["priority"] = json!("high");
    request["subject"] = json!("Restart <web-1> & co?");
    request["body"] = json!("It ran out of memory.\n<!channel> look");
    request["labels"] = json!({ "team": "storage" });
    request["metadata"] = json!({ "cluster": "eu-1" });
    request["action_links"] =
        json!([{ "label": "approve", "url": "https://example.org/?a=1&b=2" }]);
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "Sent")?;

    let received = webhook.exactly(1)?;
    ensure!(header(&received[0], "content-type") == "application/json");
    let mrkdwn = |text: &str| json!({ "type": "mrkdwn", "text": text, "verbatim": true });
    let plain = |text: &str| json!({ "type": "plain_text", "text": text });
    let expected = json!({
        "text": "high: Restart &lt;web-1&gt; &amp; co?",
        "blocks": [
            { "type": "header", "text": plain("Restart &lt;web-1&gt; &amp; co?") },
            { "type": "section", "text": mrkdwn("It ran out of memory.\n&lt;!channel&gt; look") },
            { "type": "section", "text": mrkdwn("team: storage\ncluster: eu-1") },
            { "type": "actions", "elements": [
                { "type": "button", "text": plain("approve"), "url": "https://example.org/?a=1&b=2" },
            ] },
            { "type": "context", "elements": [
                mrkdwn(&format!("high · approval · {name} · {correlation}")),
            ] },
        ],
    });
    same(&body(&received[0])?, &expected)
}

#[test]
fn without_an_address_a_message_goes_to_the_services_slack_url() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let request = request(json!([{ "type": "slack" }]));
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "Sent")?;
    ensure!(fixture.event(correlation)?["event_data"]["channel_type"] == "slack");
    Webhook::shared(&fixture.run, "slack")?.exactly_with(name, 1)?;
    Ok(())
}

#[test]
fn retry_after_of_slack_is_respected() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("limited")?;
    webhook.answer_with(&json!([
        { "status": 429, "headers": { "retry-after": "1" }, "body": "rate_limited" },
        { "status": 503, "headers": { "retry-after": "1" } },
        { "status": 500, "body": "rollup_error" },
    ]))?;
    let request = request(json!([slack_channel(&webhook)]));
    let created = fixture.send(&request)?;
    let status = fixture.reach(ids(&request)?.0, "Sent")?;

    let received = webhook.exactly(4)?;
    let attempts = status["channels"][0]["attempts"].as_array().context("attempts")?;
    // The last answer has no `Retry-After`: after the third failure the wait is
    // four times 50 ms.
    for (index, due) in [1000, 1000, 200].map(Duration::from_millis).into_iter().enumerate() {
        waited(attempts, &received, index, due)?;
    }
    let key = format!("{}-slack", text(&created["id"])?);
    ensure!(
        received.iter().all(|request| header(request, "idempotency-key") == key),
        "{received:#?}"
    );
    Ok(())
}

#[test]
fn a_refusal_of_slack_is_not_tried_again() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    for (status, reason, said) in [
        (400, "invalid_payload", "400 Bad Request"),
        (403, "action_prohibited", "403 Forbidden"),
        (404, "no_service", "404 Not Found"),
        (410, "channel_is_archived", "410 Gone"),
    ] {
        let webhook = fixture.webhook("refused")?;
        webhook.answer_with(&json!([{ "status": status, "body": reason, "times": 100 }]))?;
        let request = request(json!([slack_channel(&webhook)]));
        fixture.send(&request)?;
        let (name, correlation) = ids(&request)?;
        let found = fixture.reach(name, "Failed")?;
        ensure!(found["reason"] == "AllDeliveriesFailed", "{found:#}");
        let error = format!("the receiver answered {said}: {reason}");
        ensure!(found["channels"][0]["attempts"][0]["error"] == error, "{found:#}");
        let event = fixture.event(correlation)?;
        ensure!(event["event_type"] == "notification.message.failed", "{event:#}");
        ensure!(event["event_data"]["error"] == error, "{event:#}");
        webhook.exactly(1)?;
    }
    Ok(())
}

#[test]
fn the_address_is_a_secret_as_a_whole() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("hidden")?;
    let url = webhook.url();
    let (host, secret) = url.split_once("/hook/").context("the address of a webhook")?;
    webhook.answer_with(
        &json!([{ "status": 404, "body": format!("nothing at {url} (/hook/{secret})") }]),
    )?;
    let request = request(json!([slack_channel(&webhook)]));
    let created = fixture.send(&request)?;
    ensure!(created["spec"]["channels"][0]["url"] == format!("{host}/REDACTED"), "{created:#}");
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "Failed")?;
    webhook.exactly(1)?;

    let error = "the receiver answered 404 Not Found: nothing at [REDACTED] ([REDACTED])";
    ensure!(status["channels"][0]["attempts"][0]["error"] == error, "{status:#}");
    let event = fixture.event(correlation)?;
    ensure!(event["event_data"]["error"] == error, "{event:#}");
    for shown in [created, fixture.read(name)?, event] {
        ensure!(!shown.to_string().contains(secret), "{shown:#}");
    }
    Ok(())
}
