//! Routing of notifications that name no channels. The rules are in the suite's
//! metadata.

use anyhow::{Context as _, Result, ensure};
use e2e::Webhook;
use e2e::webhook::{body, header};
use serde_json::{Value, json};

use crate::support::{NOTIFICATIONS, NotificationFixture, ids, request, same, with};

/// A request that names no channels.
fn unaddressed(kind: &str, priority: &str, labels: Value) -> Value {
    let mut request = request(Value::Null);
    request["type"] = json!(kind);
    request["priority"] = json!(priority);
    request["labels"] = labels;
    request
}

/// Sends a request, and checks the chosen receiver and one delivery for each of
/// its channels. Returns the notification.
fn reaches(
    fixture: &NotificationFixture,
    request: &Value,
    receiver: &str,
    kinds: &[&str],
) -> Result<Value> {
    let created = fixture.send(request)?;
    ensure!(created["receiver"]["name"] == receiver, "{created:#}");
    ensure!(created["spec"]["channels"].is_null(), "{created:#}");
    let (name, correlation) = ids(request)?;
    fixture.reach(name, "Sent")?;
    let found = fixture.read(name)?;
    same(&found["receiver"], &created["receiver"])?;

    let list = |value: &Value| -> Result<Vec<Value>> {
        let channels = value["channels"].as_array().context("channels")?;
        Ok(channels.iter().map(|channel| channel["type"].clone()).collect())
    };
    ensure!(list(&found["receiver"])? == kinds, "{found:#}");
    ensure!(list(&found["status"])? == kinds, "{found:#}");
    let mut told = Vec::new();
    for event in fixture.events(correlation, kinds.len())? {
        ensure!(event["event_type"] == "notification.message.sent", "{event:#}");
        told.push(event["event_data"]["channel_type"].clone());
    }
    told.sort_by_key(Value::to_string);
    let mut expected = kinds.to_vec();
    expected.sort_unstable();
    ensure!(told == expected, "{told:?}");
    Ok(found)
}

#[test]
fn the_first_route_whose_conditions_all_hold_decides() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let approvals = Webhook::shared(&fixture.run, "storage-approvals")?;
    let on_call = Webhook::shared(&fixture.run, "on-call")?;
    let storage = json!({ "team": "storage", "environment": "prod" });

    let request = unaddressed("approval", "critical", storage.clone());
    reaches(&fixture, &request, "storage-approvals", &["webhook"])?;
    let received = approvals.exactly_with(ids(&request)?.0, 1)?;
    ensure!(body(&received[0])?["labels"] == storage, "{received:#?}");
    on_call.exactly_with(ids(&request)?.0, 0)?;

    // The first route does not match: it requires another type or environment.
    for (kind, environment) in [("simple", "prod"), ("approval", "production"), ("approval", "")] {
        let labels = json!({ "team": "storage", "environment": environment });
        let request = unaddressed(kind, "critical", labels);
        reaches(&fixture, &request, "storage", &["file"])?;
        approvals.exactly_with(ids(&request)?.0, 0)?;
    }
    Ok(())
}

#[test]
fn a_receiver_is_reached_on_all_of_its_channels() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let request = unaddressed("simple", "critical", json!({ "team": "web" }));
    let found = reaches(&fixture, &request, "on-call", &["slack", "webhook"])?;
    let name = ids(&request)?.0;
    Webhook::shared(&fixture.run, "slack")?.exactly_with(name, 1)?;
    let on_call = Webhook::shared(&fixture.run, "on-call")?;
    let received = on_call.exactly_with(name, 1)?;

    // "ann:pager" in base64: the credentials of the routing are used and not
    // shown.
    ensure!(header(&received[0], "authorization") == "Basic YW5uOnBhZ2Vy", "{received:#?}");
    ensure!(found["receiver"]["channels"][1]["url"] == on_call.url(), "{found:#}");
    ensure!(!found.to_string().contains("pager"), "{found:#}");
    Ok(())
}

#[test]
fn unmatched_notifications_go_to_the_console() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    for labels in [json!({}), json!({ "team": "web" }), json!({ "Team": "storage" })] {
        let request = unaddressed("approval", "high", labels);
        reaches(&fixture, &request, "console", &["console"])?;
    }
    let mut bare = request(Value::Null);
    bare.as_object_mut().context("a request")?.remove("channels");
    reaches(&fixture, &bare, "console", &["console"])?;
    Ok(())
}

#[test]
fn channels_that_are_named_are_not_routed() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let labels = json!({ "team": "storage" });
    let request = with(request(json!([{ "type": "log" }])), "labels", labels);
    let created = fixture.send(&request)?;
    ensure!(created["receiver"].is_null(), "{created:#}");
    let (name, correlation) = ids(&request)?;
    fixture.reach(name, "Sent")?;
    ensure!(fixture.event(correlation)?["event_data"]["channel_type"] == "log");

    let empty = with(request, "channels", json!([]));
    ensure!(fixture.notification.post(NOTIFICATIONS, &empty)?.violations()? == ["channels"]);
    Ok(())
}
