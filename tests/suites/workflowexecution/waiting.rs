//! One execution at a time on a target, and ending one early.

use anyhow::{Context as _, Result, bail, ensure};
use contract::AuditEvent;
use contract::workflowexecution::{ExecutedWorkflow, ExecutionPhase, ExecutionSpec, WaitReason};
use e2e::{Poll, TIMEOUT, eventually};
use serde_json::json;

use crate::support::{COOL_DOWN, Fixture, execution_of, request_to, wait_for};

/// Waits until an execution waits for another one for this reason.
fn until_waiting(
    fixture: &Fixture,
    spec: &ExecutionSpec,
    reason: WaitReason,
    by: &ExecutionSpec,
) -> Result<()> {
    eventually(TIMEOUT, &format!("{} to wait", spec.name), || {
        let status = fixture.executions.read(&spec.name)?.status;
        let waiting = status.details.waiting.as_ref();
        let waits =
            waiting.is_some_and(|waiting| waiting.reason == reason && waiting.by == by.name);
        ensure!(!waits || status.phase == ExecutionPhase::Pending, "{status:#?}");
        Ok(if waits { Poll::Ready(()) } else { Poll::Pending(format!("{status:?}")) })
    })
}

/// One that runs, and one that waits for it.
fn two_on_one_target(
    fixture: &Fixture,
    workflow: &ExecutedWorkflow,
) -> Result<(ExecutionSpec, ExecutionSpec)> {
    let first = execution_of(workflow);
    let mut second = execution_of(workflow);
    second.target = first.target.clone();
    fixture.executions.create(&first)?;
    fixture.reach(&first, ExecutionPhase::Running)?;
    fixture.executions.create(&second)?;
    until_waiting(fixture, &second, WaitReason::TargetBusy, &first)?;
    Ok((first, second))
}

#[test]
fn a_target_has_one_execution_at_a_time_and_rests_between_two() -> Result<()> {
    let fixture = Fixture::new()?;
    let long = fixture.workflow(&json!({}), &json!([wait_for("500ms")]))?;
    let (first, second) = two_on_one_target(&fixture, &long)?;
    fixture.reach(&first, ExecutionPhase::Completed)?;
    until_waiting(&fixture, &second, WaitReason::CoolDown, &first)?;
    fixture.told(&second, 0)?;
    let status = fixture.reach(&second, ExecutionPhase::Completed)?;
    ensure!(status.waiting.is_none(), "{status:#?}");
    let ended = fixture.executions.read(&first.name)?.status.completed_at.context("it ended")?;
    let began = status.started_at.context("it began")?;
    ensure!(began - ended >= COOL_DOWN, "it began {} after the first", began - ended);
    fixture.told(&first, 2)?;
    fixture.told(&second, 2)?;
    Ok(())
}

#[test]
fn many_at_once_on_one_target_come_one_after_the_other() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("crowd")?;
    let workflow = fixture.workflow(&json!({}), &json!([request_to(&webhook)]))?;
    let specs: Vec<_> = (0..3).map(|_| execution_of(&workflow)).collect();
    let on_one =
        |spec: &ExecutionSpec| ExecutionSpec { target: specs[0].target.clone(), ..spec.clone() };
    let specs: Vec<_> = specs.iter().map(on_one).collect();
    std::thread::scope(|scope| {
        let create = |spec| fixture.executions.create(spec);
        let created: Vec<_> = specs.iter().map(|spec| scope.spawn(move || create(spec))).collect();
        created.into_iter().try_for_each(|one| one.join().expect("no panic").map(drop))
    })?;
    let mut times = Vec::new();
    for spec in &specs {
        let status = fixture.reach(spec, ExecutionPhase::Completed)?;
        let ended = fixture.executions.read(&spec.name)?.status.completed_at;
        times.push((status.started_at.context("it began")?, ended.context("it ended")?));
        fixture.told(spec, 2)?;
    }
    times.sort();
    for pair in times.windows(2) {
        ensure!(pair[1].0 - pair[0].1 >= COOL_DOWN, "{times:#?}");
    }
    webhook.exactly(3)?;
    Ok(())
}

#[test]
fn a_cancelled_execution_makes_no_further_step() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("cancelled")?;
    let request = request_to(&webhook);
    let content = json!([request, wait_for("1h"), request]);
    let spec = execution_of(&fixture.workflow(&json!({}), &content)?);
    fixture.executions.create(&spec)?;
    eventually(TIMEOUT, "the second step", || {
        let status = fixture.executions.read(&spec.name)?.status.details;
        let waits = status.steps.get(1).is_some_and(|step| step.started_at.is_some());
        Ok(if waits { Poll::Ready(()) } else { Poll::Pending(format!("{status:?}")) })
    })?;
    fixture.cancel(&spec)?;
    let told = fixture.told(&spec, 2)?;
    let AuditEvent::ExecutionCancelled(last) = &told[1] else { bail!("{told:#?}") };
    ensure!(last.steps.len() == 1 && last.cancellation.as_deref() == Some("it was wrong"));
    webhook.exactly(1)?;
    let body = json!({ "reason": "again" });
    let path = fixture.cancellation(&spec);
    fixture.executions.service.json("PATCH", &path, &body)?.problem(409, "conflict")?;
    Ok(())
}

#[test]
fn one_that_waits_is_cancelled_without_a_beginning() -> Result<()> {
    let fixture = Fixture::new()?;
    let long = fixture.workflow(&json!({}), &json!([wait_for("1h")]))?;
    let (first, second) = two_on_one_target(&fixture, &long)?;
    fixture.cancel(&second)?;
    let told = fixture.told(&second, 1)?;
    let AuditEvent::ExecutionCancelled(last) = &told[0] else { bail!("{told:#?}") };
    ensure!(last.duration_ms.is_none() && last.steps.is_empty(), "{last:#?}");
    fixture.cancel(&first)?;
    fixture.told(&first, 2)?;
    Ok(())
}
