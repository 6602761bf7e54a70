//! Duplicates, names, lists, deletions, bad input.

use anyhow::{Result, ensure};
use contract::aianalysis::AiAnalyses;
use contract::remediationorchestrator::RemediationPhase;
use contract::resource::Kind;
use contract::signalprocessing::SignalProcessings;
use contract::workflowexecution::WorkflowExecutions;
use e2e::{Poll, Resources, TIMEOUT, eventually, unique};
use serde_json::json;

use crate::support::{EVENTS, Fixture, signal_of, wait_for};

const COLLECTION: &str = "/api/v1/remediationrequests";

#[test]
fn a_signal_that_comes_again_is_answered_with_the_first() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("500ms")]))?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    let first = fixture.requests.create(&spec)?;
    for repetitions in 1..=3 {
        let again = fixture.requests.post(&Fixture::next_of(&spec))?.expect(200)?.value()?;
        ensure!(again["id"] == json!(first.id), "{again:#}");
        ensure!(again["status"]["repetitions"] == repetitions, "{again:#}");
    }
    let same = fixture.requests.post(&spec)?.expect(200)?.value()?;
    ensure!(same["status"]["repetitions"] == 3, "the same request is no repetition: {same:#}");
    let mut other = spec.clone();
    other.signal.name = "Evicted".to_owned();
    fixture.requests.post(&other)?.problem(409, "conflict")?;
    fixture.reach(&spec, RemediationPhase::Completed)?;
    fixture.told(&spec, EVENTS)?;
    Ok(())
}

#[test]
fn lists_have_filters_and_a_deleted_one_takes_its_children_along() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("1ms")]))?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&spec, RemediationPhase::Completed)?;
    let service = &fixture.requests.service;
    let of = |query: &str| {
        let path = format!("{COLLECTION}?correlation_id={}&{query}", spec.name);
        service.get(&path)?.expect(200)?.value()
    };
    ensure!(of("phase=Completed")?["data"][0]["spec"]["name"] == json!(spec.name));
    ensure!(of("phase=Failed")?["pagination"]["total"] == 0);

    let path = fixture.requests.path(&spec.name);
    service.delete(&path)?.expect(204)?;
    service.get(&path)?.problem(404, "not-found")?;
    service.delete(&path)?.problem(404, "not-found")?;
    gone::<SignalProcessings>(&fixture, &format!("sp-{}", spec.name))?;
    gone::<AiAnalyses>(&fixture, &format!("ai-{}", spec.name))?;
    gone::<WorkflowExecutions>(&fixture, &format!("we-{}", spec.name))
}

fn gone<K: Kind>(fixture: &Fixture, name: &str) -> Result<()> {
    let resources = Resources::<K>::new(&fixture.run)?;
    eventually(TIMEOUT, &format!("{name} to be gone"), || {
        let answer = resources.service.get(&resources.path(name))?;
        Ok(if answer.status == 404 { Poll::Ready(()) } else { Poll::Pending(answer.body) })
    })
}

#[test]
fn every_violation_is_listed_and_nothing_is_kept() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.requests.service;
    let name = unique("rr");
    let bad = json!({
        "name": name, "priority": "P0",
        "signal": { "fingerprint": "XYZ", "name": "", "severity": "high", "labels": { "a": 1 } },
    });
    let found = service.post(COLLECTION, &bad)?.violations()?;
    let expected = [
        "priority",
        "signal.fingerprint",
        "signal.labels.a",
        "signal.name",
        "signal.severity",
        "signal.target",
    ];
    ensure!(found == expected, "{found:?}");
    service.get(&fixture.requests.path(&name))?.problem(404, "not-found")?;
    // Its children would have names that are too long.
    let long = json!({ "name": "r".repeat(47), "signal": signal_of("shop", "OOMKilled") });
    ensure!(service.post(COLLECTION, &long)?.violations()? == ["name"]);

    let decision = json!({ "approved": "yes", "decided_by": "", "why": 1 });
    let found = service.json("PATCH", &format!("{COLLECTION}/{name}/approval"), &decision)?;
    ensure!(found.violations()? == ["approved", "decided_by", "why"]);
    let found = service.json("PATCH", &format!("{COLLECTION}/{name}/cancellation"), &json!({}))?;
    ensure!(found.violations()? == ["reason"]);
    Ok(())
}

#[test]
fn nobody_decides_about_what_does_not_ask() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = fixture.request_in(&unique("staging"), "MOCK_NOT_REPRODUCIBLE")?;
    fixture.answer(&spec, true)?.problem(404, "not-found")?;
    fixture.remedy(&spec, RemediationPhase::Completed)?;
    fixture.answer(&spec, true)?.problem(409, "conflict")?;
    fixture.told(&spec, EVENTS - 1)?;
    Ok(())
}

#[test]
fn every_route_refuses_what_it_cannot_read() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.requests.service;
    let large = vec![b' '; (1 << 20) + 1];
    let json = "application/json";
    let one = format!("{COLLECTION}/nobody");
    for (method, path) in [
        ("POST", COLLECTION.to_owned()),
        ("PATCH", format!("{one}/approval")),
        ("PATCH", format!("{one}/cancellation")),
    ] {
        let send = |media_type, body| service.send(method, &path, Some((media_type, body)));
        for body in [&b"{"[..], b"\xff", b"[]"] {
            send(json, body)?.problem(400, "validation-error")?;
        }
        send(json, &large)?.problem(413, "payload-too-large")?;
        send("text/plain", b"{}")?.problem(415, "unsupported-media-type")?;
        service.send("PUT", &path, None)?.problem(405, "method-not-allowed")?;
    }
    service.get(&format!("{COLLECTION}?phase=Gone"))?.problem(400, "validation-error")?;
    service.get(&one)?.problem(404, "not-found")?;
    service.delete(&one)?.problem(404, "not-found")?;
    Ok(())
}
