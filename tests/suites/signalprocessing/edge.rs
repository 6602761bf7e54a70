//! Names, lists, deletions, bad input.

use anyhow::{Result, ensure};
use contract::signalprocessing::ProcessingPhase;
use e2e::{TIMEOUT, unique};
use serde_json::json;

use crate::support::{Fixture, signal_in};

const COLLECTION: &str = "/api/v1/signalprocessings";

#[test]
fn the_same_request_again_is_answered_with_the_first() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = signal_in(&unique("shop"));
    let first = fixture.processings.create(&spec)?;
    let again = fixture.processings.post(&spec)?.expect(200)?.value()?;
    ensure!(again["id"] == json!(first.id), "{again:#}");
    let mut other = spec.clone();
    other.signal.name = "Evicted".to_owned();
    fixture.processings.post(&other)?.problem(409, "conflict")?;
    fixture.processings.reach(&spec.name, ProcessingPhase::Completed, TIMEOUT)?;
    fixture.told(&spec)?;
    Ok(())
}

#[test]
fn lists_have_filters_and_a_deleted_one_is_gone() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = signal_in(&unique("shop"));
    fixture.process(&spec)?;
    let of = |query: &str| {
        let path = format!("{COLLECTION}?correlation_id={}&{query}", spec.correlation_id);
        fixture.processings.service.get(&path)?.expect(200)?.value()
    };
    ensure!(of("phase=Completed")?["data"][0]["spec"]["name"] == json!(spec.name));
    ensure!(of("phase=Failed")?["pagination"]["total"] == 0);

    let path = fixture.processings.path(&spec.name);
    fixture.processings.service.delete(&path)?.expect(204)?;
    fixture.processings.service.get(&path)?.problem(404, "not-found")?;
    fixture.processings.service.delete(&path)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn every_violation_is_listed_and_nothing_is_kept() -> Result<()> {
    let fixture = Fixture::new()?;
    let name = unique("sp");
    let bad = json!({
        "name": name, "recipients": [],
        "signal": {
            "fingerprint": "XYZ", "name": "", "severity": "high",
            "target": { "namespace": "shop", "kind": "pod" },
            "labels": { "team": 7 },
        },
    });
    let mut expected = [
        "correlation_id",
        "recipients",
        "signal.fingerprint",
        "signal.labels.team",
        "signal.name",
        "signal.severity",
        "signal.target.name",
    ];
    expected.sort_unstable();
    let found = fixture.processings.service.post(COLLECTION, &bad)?.violations()?;
    ensure!(found == expected, "{found:?}");
    let path = fixture.processings.path(&name);
    fixture.processings.service.get(&path)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn every_route_refuses_what_it_cannot_read() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.processings.service;
    for (method, path) in [
        ("POST", COLLECTION),
        ("PUT", "/api/v1/inventory/shop"),
        ("PUT", "/api/v1/inventory/shop/pod/cart-0"),
    ] {
        let json = "application/json";
        service.send(method, path, Some((json, b"{")))?.problem(400, "validation-error")?;
        service.send(method, path, Some((json, b"\xff")))?.problem(400, "validation-error")?;
        service.json(method, path, &json!([]))?.problem(400, "validation-error")?;
        let large = vec![b' '; (1 << 20) + 1];
        service.send(method, path, Some((json, &large)))?.problem(413, "payload-too-large")?;
        let text = service.send(method, path, Some(("text/plain", b"{}")))?;
        text.problem(415, "unsupported-media-type")?;
        service.send("PATCH", path, None)?.problem(405, "method-not-allowed")?;
    }
    service.get(&format!("{COLLECTION}?phase=Gone"))?.problem(400, "validation-error")?;
    let namespace = "x".repeat(254);
    service
        .get(&format!("/api/v1/inventory/{namespace}/pod/a"))?
        .problem(400, "validation-error")?;
    Ok(())
}
