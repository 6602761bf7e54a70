//! Names, lists and repeated requests.

use anyhow::{Context as _, Result, ensure};
use e2e::unique;
use serde_json::{Value, json};

use crate::support::{
    NOTIFICATIONS, NotificationFixture, ids, request, text, webhook_channel, with,
};

#[test]
fn the_same_request_again_sends_nothing_again() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("again")?;
    let request = request(json!([webhook_channel(&webhook)]));
    let (name, correlation) = ids(&request)?;
    let answer = fixture.notification.post(NOTIFICATIONS, &request)?.expect(201)?;
    ensure!(answer.header("location") == format!("{NOTIFICATIONS}/{name}"));
    let created = answer.value()?;
    ensure!(created["spec"]["name"] == name && created["status"]["phase"] == "Pending");
    fixture.reach(name, "Sent")?;

    let again = fixture.notification.post(NOTIFICATIONS, &request)?.expect(200)?.value()?;
    ensure!(again["id"] == created["id"] && again["status"]["phase"] == "Sent", "{again:#}");
    let other = with(request.clone(), "subject", json!("Something else"));
    let problem = fixture.notification.post(NOTIFICATIONS, &other)?.problem(409, "conflict")?;
    ensure!(text(&problem["detail"])?.contains(name), "{problem:#}");

    fixture.event(correlation)?;
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn equal_requests_at_once_make_one_notification() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("race")?;
    let request = request(json!([webhook_channel(&webhook)]));
    let (name, correlation) = ids(&request)?;
    let ask = || -> Result<(u16, Value)> {
        let answer = fixture.notification.post(NOTIFICATIONS, &request)?;
        Ok((answer.status, answer.value()?["id"].take()))
    };
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<_>>| {
            thread.join().map_err(|_| anyhow::anyhow!("a request panicked"))?
        };
        threads.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;
    let count = |status| answers.iter().filter(|answer| answer.0 == status).count();
    ensure!((count(201), count(200)) == (1, 11), "{answers:?}");
    ensure!(answers.iter().all(|answer| answer.1 == answers[0].1), "{answers:?}");

    fixture.reach(name, "Sent")?;
    fixture.event(correlation)?;
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn a_name_is_free_again_after_a_deletion() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("anew")?;
    let request = request(json!([webhook_channel(&webhook)]));
    let (name, correlation) = ids(&request)?;
    let first = fixture.send(&request)?;
    fixture.reach(name, "Sent")?;
    fixture.notification.delete(&format!("{NOTIFICATIONS}/{name}"))?.expect(204)?;
    let second = fixture.send(&request)?;
    ensure!(first["id"] != second["id"], "{second:#}");
    fixture.reach(name, "Sent")?;
    fixture.events(correlation, 2)?;
    webhook.exactly(2)?;
    Ok(())
}

#[test]
fn lists_are_filtered_and_paged_newest_first() -> Result<()> {
    let fixture = NotificationFixture::new()?;
    let webhook = fixture.webhook("list")?;
    webhook.answer_with(&json!([{ "status": 400 }]))?;
    let correlation = unique("rr");
    let mut names = Vec::new();
    for index in 0..5 {
        let channel = if index == 0 { webhook_channel(&webhook) } else { json!({ "type": "log" }) };
        let request = with(request(json!([channel])), "correlation_id", json!(correlation));
        fixture.send(&request)?;
        let name = ids(&request)?.0.to_owned();
        fixture.reach(&name, if index == 0 { "Failed" } else { "Sent" })?;
        names.insert(0, name);
    }
    let list = |query: &str| -> Result<(Vec<String>, Value)> {
        let path = format!("{NOTIFICATIONS}?correlation_id={correlation}{query}");
        let mut page = fixture.notification.get(&path)?.expect(200)?.value()?;
        let data = page["data"].as_array().context("data")?;
        let names =
            data.iter().map(|notification| Ok(text(&notification["spec"]["name"])?.to_owned()));
        Ok((names.collect::<Result<_>>()?, page["pagination"].take()))
    };
    let page = |limit, offset, total, more| json!({ "limit": limit, "offset": offset, "total": total, "has_more": more });

    ensure!(list("")? == (names.clone(), page(100, 0, 5, false)));
    ensure!(list("&limit=2")? == (names[..2].to_vec(), page(2, 0, 5, true)));
    ensure!(list("&limit=2&offset=4")? == (names[4..].to_vec(), page(2, 4, 5, false)));
    ensure!(list("&phase=Failed")? == (names[4..].to_vec(), page(100, 0, 1, false)));
    ensure!(list("&phase=Sent&offset=4")? == (Vec::new(), page(100, 4, 4, false)));
    Ok(())
}
