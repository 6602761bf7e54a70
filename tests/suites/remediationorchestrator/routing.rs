//! What holds a request up before a workflow is executed.

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::aianalysis::AiAnalyses;
use contract::remediationorchestrator::{
    BlockReason, Blocked, RemediationOutcome, RemediationPhase, RemediationSpec,
};
use e2e::unique;
use serde_json::json;

use crate::support::{EVENTS, Fixture, fingerprint, request_to, wait_for};

/// Waits until a rule holds a request up.
fn blocked(fixture: &Fixture, spec: &RemediationSpec) -> Result<Blocked> {
    fixture.remedy(spec, RemediationPhase::Blocked)?.blocked.context("a rule")
}

#[test]
fn three_failures_hold_the_fourth_up() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    let mut spec = fixture.request_in(&environment, "OOMKilled")?;
    for _ in 0..3 {
        // There is no workflow.
        fixture.remedy(&spec, RemediationPhase::Failed)?;
        fixture.told_to_people(&spec, 1)?;
        spec = Fixture::next_of(&spec);
    }
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("1ms")]))?;
    let found = blocked(&fixture, &spec)?;
    ensure!(found.reason == BlockReason::ConsecutiveFailures, "{found:#?}");
    let status = fixture.reach(&spec, RemediationPhase::Completed)?;
    ensure!(status.outcome == Some(RemediationOutcome::Remediated), "{status:#?}");
    let told = fixture.told(&spec, EVENTS + 2)?;
    ensure!(told[3] == AuditEvent::RoutingBlocked(found), "{told:#?}");
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
    let found = blocked(&fixture, &second)?;
    ensure!(found.reason == BlockReason::Backoff, "{found:#?}");
    ensure!(found.by.as_deref() == Some(first.name.as_str()), "{found:#?}");
    let status = fixture.reach(&second, RemediationPhase::Completed)?;
    ensure!(status.workflow.context("a workflow")?.workflow_id == other);
    let analysis = fixture.child::<AiAnalyses>(status.children.aianalysis.as_ref())?.spec;
    ensure!(analysis.attempt == 2, "{analysis:#?}");
    ensure!(analysis.previous_executions[0].workflow_id == failed, "{analysis:#?}");
    fixture.told(&second, EVENTS + 2)?;
    Ok(())
}

#[test]
fn one_request_at_a_time_is_at_work_on_a_target() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    let content = json!([wait_for("1s"), request_to(&webhook)]);
    fixture.workflow(&environment, "OOMKilled", &content)?;
    fixture.workflow(&environment, "Evicted", &json!([request_to(&webhook)]))?;
    let first = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&first, RemediationPhase::Executing)?;
    let mut second = Fixture::next_of(&first);
    second.signal.name = "Evicted".to_owned();
    second.signal.fingerprint = fingerprint();
    let by = Some(first.name.clone());
    let expected = Blocked { reason: BlockReason::TargetBusy, until: None, by };
    ensure!(blocked(&fixture, &second)? == expected);
    webhook.exactly(0)?;
    fixture.reach(&second, RemediationPhase::Completed)?;
    webhook.exactly(2)?;
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
