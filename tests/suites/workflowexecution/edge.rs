//! Names, lists, deletions, bad input.

use anyhow::{Result, ensure};
use contract::resource::Kind as _;
use contract::workflowexecution::{ExecutionPhase, WorkflowExecutions};
use e2e::unique;
use serde_json::json;

use crate::support::{Fixture, execution_of, wait_for};

const COLLECTION: &str = WorkflowExecutions::COLLECTION;

#[test]
fn the_same_request_again_is_executed_once() -> Result<()> {
    let fixture = Fixture::new()?;
    let workflow = fixture.workflow(&json!({}), &json!([wait_for("1ms")]))?;
    let spec = execution_of(&workflow);
    let first = fixture.executions.create(&spec)?;
    let again = fixture.executions.post(&spec)?.expect(200)?.value()?;
    ensure!(again["id"] == json!(first.id), "{again:#}");
    let mut other = spec.clone();
    other.target.name = "cart-1".to_owned();
    fixture.executions.post(&other)?.problem(409, "conflict")?;
    fixture.reach(&spec, ExecutionPhase::Completed)?;
    fixture.told(&spec, 2)?;
    Ok(())
}

#[test]
fn lists_have_filters_and_a_deleted_one_is_gone() -> Result<()> {
    let fixture = Fixture::new()?;
    let workflow = fixture.workflow(&json!({}), &json!([wait_for("1ms")]))?;
    let spec = execution_of(&workflow);
    fixture.executions.create(&spec)?;
    fixture.reach(&spec, ExecutionPhase::Completed)?;
    let service = &fixture.executions.service;
    let of = |query: &str| {
        let path = format!("{COLLECTION}?correlation_id={}&{query}", spec.correlation_id);
        service.get(&path)?.expect(200)?.value()
    };
    ensure!(of("phase=Completed")?["data"][0]["spec"]["name"] == json!(spec.name));
    ensure!(of("phase=Failed")?["pagination"]["total"] == 0);
    let path = fixture.executions.path(&spec.name);
    service.delete(&path)?.expect(204)?;
    service.get(&path)?.problem(404, "not-found")?;
    service.delete(&path)?.problem(404, "not-found")?;
    let body = json!({ "reason": "too late" });
    let cancelled = service.json("PATCH", &fixture.cancellation(&spec), &body)?;
    cancelled.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn every_violation_is_listed_and_nothing_is_kept() -> Result<()> {
    let fixture = Fixture::new()?;
    let name = unique("we");
    let bad = json!({
        "name": name, "workflow_id": "restart-pod", "recipients": [],
        "target": { "namespace": "", "kind": "pod" },
        "parameters": { "list": [1], "nothing": null, "long": "x".repeat(1001) },
        "timeout": "soon",
    });
    let mut expected = [
        "correlation_id",
        "parameters.list",
        "parameters.long",
        "parameters.nothing",
        "recipients",
        "target.name",
        "target.namespace",
        "timeout",
        "workflow_id",
    ];
    expected.sort_unstable();
    let service = &fixture.executions.service;
    let found = service.post(COLLECTION, &bad)?.violations()?;
    ensure!(found == expected, "{found:?}");
    service.get(&fixture.executions.path(&name))?.problem(404, "not-found")?;

    let workflow = fixture.workflow(&json!({}), &json!([wait_for("1ms")]))?;
    for timeout in ["0s", "25h"] {
        let mut bad = json!(execution_of(&workflow));
        bad["timeout"] = json!(timeout);
        let found = service.post(COLLECTION, &bad)?.violations()?;
        ensure!(found == ["timeout"], "{timeout}: {found:?}");
    }
    Ok(())
}

#[test]
fn every_route_refuses_what_it_cannot_read() -> Result<()> {
    let fixture = Fixture::new()?;
    let service = &fixture.executions.service;
    let cancellation = format!("{COLLECTION}/{}/cancellation", unique("no"));
    for (method, path) in [("POST", COLLECTION), ("PATCH", &cancellation)] {
        let json = "application/json";
        for body in [&b"{"[..], b"\xff", b"[]", b"{}"] {
            let answer = service.send(method, path, Some((json, body)))?;
            answer.problem(400, "validation-error")?;
        }
        let large = vec![b' '; (1 << 20) + 1];
        service.send(method, path, Some((json, &large)))?.problem(413, "payload-too-large")?;
        let text = service.send(method, path, Some(("text/plain", b"{}")))?;
        text.problem(415, "unsupported-media-type")?;
        service.send("PUT", path, None)?.problem(405, "method-not-allowed")?;
    }
    service.get(&format!("{COLLECTION}?phase=Gone"))?.problem(400, "validation-error")?;
    Ok(())
}
