//! Bad input, old input, and what is no signal.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use e2e::alerts::group;
use serde_json::json;

use crate::orchestrator::pod;
use crate::support::{ALERTS, EVENTS, Fixture, alert, check, event};

#[test]
fn resolved_alerts_and_empty_groups_make_nothing() -> Result<()> {
    let fixture = Fixture::new()?;
    let pod = pod();
    let mut resolved = alert(&pod);
    resolved["status"] = json!("resolved");
    check(&fixture.taken(ALERTS, &group(&[resolved]), 200)?, &["resolved"])?;
    check(&fixture.taken(ALERTS, &group(&[]), 200)?, &[])?;
    fixture.requests(&pod, 0)?;
    Ok(())
}

#[test]
fn alerts_that_are_no_signals_are_refused_with_all_reasons() -> Result<()> {
    let fixture = Fixture::new()?;
    let pod = pod();
    let mut nameless = alert(&pod);
    nameless["labels"]["alertname"] = json!("");
    let mut about_nothing = alert(&pod);
    about_nothing["labels"] = json!({ "alertname": "Watchdog", "note": pod });
    let mut long = alert(&pod);
    long["labels"]["alertname"] = json!("x".repeat(101));
    let answer = fixture.send(ALERTS, &group(&[nameless, about_nothing, long]))?;
    ensure!(answer.violations()? == ["alerts[0]", "alerts[1]", "alerts[2]"]);
    fixture.requests(&pod, 0)?;
    Ok(())
}

#[test]
fn every_violation_is_listed_and_nothing_is_made() -> Result<()> {
    let fixture = Fixture::new()?;
    let pod = pod();
    let mut bad = alert(&pod);
    bad["status"] = json!("smouldering");
    bad["labels"]["number"] = json!(7);
    let mut body = group(&[bad, json!({ "status": "firing" }), alert(&pod)]);
    body["version"] = json!("3");
    let found = fixture.send(ALERTS, &body)?.violations()?;
    let expected = ["alerts[0].labels.number", "alerts[0].status", "alerts[1].labels", "version"];
    ensure!(found == expected, "{found:?}");

    let mut normal = event(&pod, "Normal");
    normal["involvedObject"] = json!({ "kind": "", "uid": 1 });
    normal["unheard"] = json!("of");
    let found = fixture.send(EVENTS, &normal)?.violations()?;
    let expected = ["involvedObject.kind", "involvedObject.name", "type", "unheard"];
    ensure!(found == expected, "{found:?}");
    fixture.requests(&pod, 0)?;
    Ok(())
}

#[test]
fn a_timestamp_must_be_near_the_clock() -> Result<()> {
    let fixture = Fixture::new()?;
    let body = group(&[]).to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    for path in [ALERTS, EVENTS] {
        for timestamp in ["soon".to_owned(), String::new(), (now - 330).to_string()] {
            let header = ("x-timestamp", timestamp.as_str());
            let sent = Some(("application/json", body.as_bytes()));
            let answer = fixture.gateway.send_with("POST", path, &[header], sent)?;
            if path == ALERTS {
                ensure!(answer.violations()? == ["x-timestamp"], "{timestamp}: {answer:?}");
            } else {
                answer.problem(400, "validation-error")?;
            }
        }
    }
    for timestamp in [now - 270, now, now + 90] {
        let timestamp = timestamp.to_string();
        let sent = Some(("application/json", body.as_bytes()));
        let header = ("x-timestamp", timestamp.as_str());
        fixture.gateway.send_with("POST", ALERTS, &[header], sent)?.expect(200)?;
    }
    Ok(())
}

#[test]
fn every_route_refuses_what_it_cannot_read() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.gateway;
    for path in [ALERTS, EVENTS] {
        let json = "application/json";
        for body in [&b"{"[..], b"\xff", b"[]", b"{}"] {
            service.send("POST", path, Some((json, body)))?.problem(400, "validation-error")?;
        }
        let large = vec![b' '; 100 * 1024 + 1];
        service.send("POST", path, Some((json, &large)))?.problem(413, "payload-too-large")?;
        let text = service.send("POST", path, Some(("text/plain", b"{}")))?;
        text.problem(415, "unsupported-media-type")?;
        service.send("GET", path, None)?.problem(405, "method-not-allowed")?;
    }
    service.get("/api/v1/signals/unknown")?.problem(404, "not-found")?;
    // The largest body that is read.
    let mut body = group(&[]).to_string();
    body += &" ".repeat(100 * 1024 - body.len());
    service.send("POST", ALERTS, Some(("application/json", body.as_bytes())))?.expect(200)?;
    Ok(())
}
