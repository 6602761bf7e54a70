//! What holds a request up before a workflow is executed.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::aianalysis::AiAnalyses;
use contract::remediationorchestrator::{
    BlockReason, Blocked, RemediationOutcome, RemediationPhase, RemediationSpec, RemediationStatus,
};
use contract::workflowexecution::WorkflowExecutions;
use e2e::unique;
use serde_json::json;

use crate::support::{EVENTS, Fixture, fingerprint, moved, request_to, wait_for};

/// Waits until a rule holds a request up for so long after another one has failed; then
/// ends it.
fn blocked_after(
    fixture: &Fixture,
    failed: &RemediationSpec,
    spec: &RemediationSpec,
    reason: BlockReason,
    wait: Duration,
) -> Result<RemediationStatus> {
    let failed_at = fixture.requests.read(&failed.name)?.status.completed_at;
    let until = failed_at.map(|failed_at| failed_at + wait);
    let expected = Blocked { reason, until, by: Some(failed.name.clone()) };
    let status = fixture.remedy(spec, RemediationPhase::Blocked)?;
    ensure!(until.is_some() && status.blocked.as_ref() == Some(&expected), "{status:#?}");
    fixture.cancel(spec)?.expect(200)?;
    let told = fixture.told(spec, EVENTS + 1)?;
    ensure!(told[3] == AuditEvent::RoutingBlocked(expected), "{told:#?}");
    ensure!(told[4] == moved("Analyzing", "Blocked"), "{told:#?}");
    ensure!(told[6] == moved("Blocked", "Cancelled"), "{told:#?}");
    Ok(status)
}

#[test]
fn three_failures_hold_the_fourth_up() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    let mut spec = fixture.request_in(&environment, "OOMKilled")?;
    let mut failed = spec.clone();
    for _ in 0..3 {
        // There is no workflow.
        fixture.remedy(&spec, RemediationPhase::Failed)?;
        fixture.told_to_people(&spec, 1)?;
        failed = spec;
        spec = Fixture::next_of(&failed);
    }
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("1ms")]))?;
    let (reason, hour) = (BlockReason::ConsecutiveFailures, Duration::from_secs(60 * 60));
    blocked_after(&fixture, &failed, &spec, reason, hour)?;
    Ok(())
}

#[test]
fn after_a_failure_the_next_one_waits_and_is_a_recovery() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    webhook.answer_with(&json!([{ "status": 500 }]))?;
    let content = json!([request_to(&webhook)]);
    let failed = fixture.workflow(&environment, "OOMKilled", &content)?.summary.workflow_id;
    let first = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&first, RemediationPhase::Failed)?;
    let other = fixture.workflow(&environment, "OOMKilled", &content)?.summary.workflow_id;
    let second = Fixture::next_of(&first);
    let minute = Duration::from_secs(60);
    let status = blocked_after(&fixture, &first, &second, BlockReason::Backoff, minute)?;
    ensure!(status.workflow.context("a workflow")?.workflow_id == other);
    let analysis = fixture.child::<AiAnalyses>(status.children.aianalysis.as_ref())?.spec;
    ensure!(analysis.attempt == 2, "{analysis:#?}");
    ensure!(analysis.previous_executions[0].workflow_id == failed, "{analysis:#?}");
    webhook.exactly(1)?;
    Ok(())
}

#[test]
fn one_request_at_a_time_is_at_work_on_a_target() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    let content = json!([wait_for("5s"), request_to(&webhook)]);
    fixture.workflow(&environment, "OOMKilled", &content)?;
    fixture.workflow(&environment, "Evicted", &json!([request_to(&webhook)]))?;
    let first = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&first, RemediationPhase::Executing)?;
    let mut second = Fixture::next_of(&first);
    second.signal.name = "Evicted".to_owned();
    second.signal.fingerprint = fingerprint();
    let by = Some(first.name.clone());
    let expected = Blocked { reason: BlockReason::TargetBusy, until: None, by };
    let status = fixture.remedy(&second, RemediationPhase::Blocked)?;
    ensure!(status.blocked.as_ref() == Some(&expected), "{status:#?}");
    let done = fixture.reach(&second, RemediationPhase::Completed)?;
    webhook.exactly(2)?;
    let ended_at = fixture.requests.read(&first.name)?.status.completed_at;
    let name = done.children.workflowexecution.as_ref();
    let started_at = fixture.child::<WorkflowExecutions>(name)?.status.details.started_at;
    ensure!(ended_at.is_some() && ended_at <= started_at, "{ended_at:?} {started_at:?}");
    fixture.told(&first, EVENTS)?;
    let told = fixture.told(&second, EVENTS + 2)?;
    ensure!(told[3] == AuditEvent::RoutingBlocked(expected), "{told:#?}");
    Ok(())
}

#[test]
fn what_was_remedied_just_now_is_skipped() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    fixture.workflow(&environment, "OOMKilled", &json!([request_to(&webhook)]))?;
    let first = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&first, RemediationPhase::Completed)?;
    let second = Fixture::next_of(&first);
    let status = fixture.remedy(&second, RemediationPhase::Skipped)?;
    ensure!(status.outcome == Some(RemediationOutcome::RecentlyRemediated), "{status:#?}");
    ensure!(status.message.context("a reason")?.contains(&first.name));
    webhook.exactly(1)?;
    fixture.told(&second, EVENTS - 1)?;
    Ok(())
}
