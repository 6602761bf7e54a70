//! Names, lists, deletions, bad input.

use anyhow::{Result, ensure};
use contract::aianalysis::AnalysisPhase;
use e2e::unique;
use serde_json::json;
use uuid::Uuid;

use crate::support::{EVENTS, Fixture, analysis_in, recovery_of};

const COLLECTION: &str = "/api/v1/aianalyses";

#[test]
fn the_same_request_again_is_answered_with_the_first() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = analysis_in(&unique("staging"), "MOCK_NOT_REPRODUCIBLE");
    let first = fixture.analyses.create(&spec)?;
    let again = fixture.analyses.post(&spec)?.expect(200)?.value()?;
    ensure!(again["id"] == json!(first.id), "{again:#}");
    let mut other = spec.clone();
    other.incident.environment = "other".to_owned();
    fixture.analyses.post(&other)?.problem(409, "conflict")?;
    fixture.reach(&spec, AnalysisPhase::Completed)?;
    fixture.told(&spec, EVENTS - 1)?;
    Ok(())
}

#[test]
fn lists_have_filters_and_a_deleted_one_is_gone() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = analysis_in(&unique("staging"), "MOCK_NOT_REPRODUCIBLE");
    fixture.analyze(&spec, AnalysisPhase::Completed)?;
    let service = &fixture.analyses.service;
    let of = |query: &str| {
        let path = format!("{COLLECTION}?correlation_id={}&{query}", spec.correlation_id);
        service.get(&path)?.expect(200)?.value()
    };
    ensure!(of("phase=Completed")?["data"][0]["spec"]["name"] == json!(spec.name));
    ensure!(of("phase=Failed")?["pagination"]["total"] == 0);

    let path = fixture.analyses.path(&spec.name);
    service.delete(&path)?.expect(204)?;
    service.get(&path)?.problem(404, "not-found")?;
    service.delete(&path)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn every_violation_is_listed_and_nothing_is_kept() -> Result<()> {
    let fixture = Fixture::new()?;
    let name = unique("ai");
    let bad = json!({
        "name": name, "recipients": [], "attempt": 0,
        "incident": {
            "signal": { "fingerprint": "XYZ", "name": "OOMKilled", "severity": "high" },
            "severity": "warning", "priority": "P1", "environment": "",
        },
    });
    let found = fixture.analyses.service.post(COLLECTION, &bad)?.violations()?;
    let expected = [
        "attempt",
        "correlation_id",
        "incident.environment",
        "incident.severity",
        "incident.signal.fingerprint",
        "incident.signal.severity",
        "incident.signal.target",
        "recipients",
    ];
    ensure!(found == expected, "{found:?}");
    let path = fixture.analyses.path(&name);
    fixture.analyses.service.get(&path)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn a_recovery_has_previous_executions_and_nothing_else_has() -> Result<()> {
    let fixture = Fixture::new()?;
    let recovery = recovery_of(analysis_in(&unique("staging"), "OOMKilled"), &[Uuid::nil()]);
    let mut without = recovery.clone();
    without.previous_executions.clear();
    let mut with = recovery;
    with.attempt = 1;
    for spec in [without, with] {
        let found = fixture.analyses.post(&spec)?.violations()?;
        ensure!(found == ["previous_executions"], "{found:?}");
    }
    Ok(())
}

#[test]
fn every_route_refuses_what_it_cannot_read() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.analyses.service;
    let large = vec![b' '; (1 << 20) + 1];
    let post = |media_type, body| service.send("POST", COLLECTION, Some((media_type, body)));
    let json = "application/json";
    post(json, b"{")?.problem(400, "validation-error")?;
    post(json, b"\xff")?.problem(400, "validation-error")?;
    post(json, b"[]")?.problem(400, "validation-error")?;
    post(json, &large)?.problem(413, "payload-too-large")?;
    post("text/plain", b"{}")?.problem(415, "unsupported-media-type")?;
    service.send("PATCH", COLLECTION, None)?.problem(405, "method-not-allowed")?;
    service.get(&format!("{COLLECTION}?phase=Gone"))?.problem(400, "validation-error")?;
    service.get(&format!("{COLLECTION}/nobody"))?.problem(404, "not-found")?;
    Ok(())
}
