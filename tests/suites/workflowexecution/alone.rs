//! Kills and outages. Each test runs alone.

use anyhow::{Result, bail, ensure};
use contract::AuditEvent;
use contract::workflowexecution::ExecutionPhase;
use e2e::webhook::header;
use e2e::{Capability, Poll, TIMEOUT, Target, eventually};
use serde_json::json;

use crate::support::{Fixture, execution_of, request_to, wait_for};

#[test]
fn a_step_that_a_kill_cut_off_is_made_again_under_the_same_key() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let webhook = fixture.webhook("again")?;
    webhook.answer_with(&json!([{ "status": 200 }, { "status": 200, "delay_ms": 1500 }]))?;
    let request = request_to(&webhook);
    let spec = execution_of(&fixture.workflow(&json!({}), &json!([request, request, request]))?);
    fixture.executions.create(&spec)?;
    eventually(TIMEOUT, "the second step", || match webhook.requests()?.len() {
        2 => Ok(Poll::Ready(())),
        count => Ok(Poll::Pending(format!("{count} requests"))),
    })?;
    control.killed(&Target::service("workflowexecution"))?.restore()?;
    let fixture = Fixture::new()?;
    fixture.reach(&spec, ExecutionPhase::Completed)?;

    let received = webhook.exactly(4)?;
    let keys: Vec<_> = received.iter().map(|request| header(request, "idempotency-key")).collect();
    ensure!(keys[1] == keys[2] && keys[0] != keys[1] && keys[2] != keys[3], "{keys:?}");
    let told = fixture.told(&spec, 2)?;
    let AuditEvent::ExecutionCompleted(last) = &told[1] else { bail!("{told:#?}") };
    let repeated: Vec<_> = last.steps.iter().map(|step| step.repeated).collect();
    ensure!(repeated == [false, true, false], "{last:#?}");
    Ok(())
}

#[test]
fn without_datastorage_steps_go_on_and_the_trail_is_told_later() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let webhook = fixture.webhook("untold")?;
    let content = json!([wait_for("1500ms"), request_to(&webhook)]);
    let workflow = fixture.workflow(&json!({}), &content)?;
    let (spec, late) = (execution_of(&workflow), execution_of(&workflow));
    fixture.executions.create(&spec)?;
    fixture.reach(&spec, ExecutionPhase::Running)?;
    let away = control.stopped(&Target::service("datastorage"))?;
    // Its workflow cannot be read yet.
    fixture.executions.create(&late)?;
    fixture.reach(&spec, ExecutionPhase::Completed)?;
    ensure!(fixture.executions.read(&late.name)?.status.phase == ExecutionPhase::Pending);
    away.restore()?;
    let fixture = Fixture::new()?;
    fixture.reach(&late, ExecutionPhase::Completed)?;
    webhook.exactly(2)?;
    fixture.told(&spec, 2)?;
    fixture.told(&late, 2)?;
    Ok(())
}
