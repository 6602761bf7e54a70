//! Secrets are not shown: not to receivers, not to readers, not in the trail.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::support::{NotificationFixture, ids, named, request, slack_channel, webhook_channel};

/// A secret that is easy to search for.
const SECRET: &str = "hunter2hunter2";

fn without_secret(what: &str, text: &str) -> Result<()> {
    ensure!(!text.contains(SECRET), "{what} shows the secret: {text}");
    Ok(())
}

#[test]
fn secrets_in_a_message_are_gone_before_it_is_sent() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let (webhook, desk) = (fixture.webhook("scrub")?, fixture.webhook("desk")?);
    let others = ["file", "log", "console"].map(|kind| json!({ "type": kind }));
    let channels =
        [webhook_channel(&webhook), slack_channel(&desk)].into_iter().chain(others).collect();
    let mut request = request(Value::Array(channels));
    request["subject"] = json!(format!("login with password={SECRET} failed"));
    request["body"] = json!(format!(
        "curl -H 'Authorization: Bearer {SECRET}' https://ann:{SECRET}@example.org/\n{{\"api_key\": \"{SECRET}\"}}"
    ));
    request["labels"] = json!({ "token": SECRET, format!("password={SECRET}"): "" });
    request["metadata"] = json!({ "db_password": SECRET, "note": "kept" });
    request["action_links"] =
        json!([{ "label": "see", "url": format!("https://example.org/?token={SECRET}") }]);
    let created = fixture.send(&request)?;
    without_secret("the answer", &created.to_string())?;
    let (name, correlation) = ids(&request)?;
    let status = fixture.reach(name, "Sent")?;

    let received = webhook.exactly(1)?;
    without_secret("the message", &received[0].to_string())?;
    without_secret("the message to Slack", &desk.exactly(1)?[0].to_string())?;
    if let Some(file) = fixture.file(&status["channels"][2])? {
        without_secret("the file", &file)?;
    }
    let message = e2e::webhook::body(&received[0])?;
    ensure!(message["subject"] == "login with password=[REDACTED] failed", "{message:#}");
    ensure!(
        message["metadata"] == json!({ "db_password": "[REDACTED]", "note": "kept" }),
        "{message:#}"
    );
    without_secret("the resource", &fixture.read(name)?.to_string())?;
    without_secret("the trail", &json!(fixture.events(correlation, 5)?).to_string())?;
    // The output of the channels `console` and `log`, and of the service
    // itself.
    without_secret("the log", &fixture.log()?)
}

#[test]
fn credentials_in_an_address_are_used_and_not_shown() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let (good, bad) = (fixture.webhook("login")?, fixture.webhook("refused")?);
    bad.answer_with(&json!([{ "status": 403, "body": format!("no access for token={SECRET}") }]))?;
    let login = |channel: Value| -> Result<Value> {
        let url = channel["url"].as_str().context("a URL")?;
        Ok(
            json!({ "type": "webhook", "url": url.replace("http://", &format!("http://ann:{SECRET}@")) }),
        )
    };
    let channels = [
        named(login(webhook_channel(&good))?, "good"),
        named(login(webhook_channel(&bad))?, "bad"),
    ];
    let request = request(json!(channels));
    fixture.send(&request)?;
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "PartiallySent")?;

    // "ann:hunter2hunter2" in base64.
    let credentials = "Basic YW5uOmh1bnRlcjJodW50ZXIy";
    ensure!(e2e::webhook::header(&good.exactly(1)?[0], "authorization") == credentials);
    let resource = fixture.read(name)?;
    without_secret("the resource", &resource.to_string())?;
    ensure!(resource["spec"]["channels"][0]["url"] == good.url(), "{resource:#}");
    without_secret("the trail", &json!(fixture.events(correlation, 2)?).to_string())?;
    without_secret("the log", &fixture.log()?)
}
