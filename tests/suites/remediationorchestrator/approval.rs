//! Somebody has to agree.

use anyhow::{Context as _, Result, bail, ensure};
use contract::AuditEvent;
use contract::aianalysis::ApprovalReason;
use contract::audit::{ApprovalAnswer, ApprovalQuestion, ExpiredApproval};
use contract::datastorage::Priority;
use contract::remediationorchestrator::{
    Approval, ApprovalState, RemediationOutcome, RemediationPhase, RemediationSpec,
};
use e2e::{Webhook, unique};
use serde_json::json;
use uuid::Uuid;

use crate::support::{EVENTS, Fixture, moved, request_to};

/// Makes a request in production, about whose workflow somebody is asked.
fn asked(fixture: &Fixture) -> Result<(RemediationSpec, Webhook, Uuid, Approval)> {
    let (signal, webhook) = (unique("Down"), fixture.webhook()?);
    let content = json!([request_to(&webhook)]);
    let workflow = fixture.workflow("production", &signal, &content)?.summary;
    let spec = fixture.request_in("production", &signal)?;
    let status = fixture.remedy(&spec, RemediationPhase::AwaitingApproval)?;
    ensure!(status.priority == Some(Priority::P0), "{status:#?}");
    ensure!(status.children.workflowexecution.is_none(), "{status:#?}");
    let approval = status.approval.context("somebody is asked")?;
    ensure!(approval.reasons == [ApprovalReason::Production], "{approval:#?}");
    Ok((spec, webhook, workflow.workflow_id, approval))
}

/// That somebody is asked, as the trail has it.
fn question(workflow_id: Uuid, approval: &Approval) -> AuditEvent {
    AuditEvent::ApprovalRequested(ApprovalQuestion {
        workflow_id,
        reasons: approval.reasons.clone(),
        expires_at: approval.expires_at,
    })
}

fn answer() -> ApprovalAnswer {
    ApprovalAnswer { decided_by: "ann".to_owned(), comment: Some("as planned".to_owned()) }
}

#[test]
fn what_somebody_agrees_to_is_executed() -> Result<()> {
    let fixture = Fixture::new()?;
    let (spec, webhook, workflow, approval) = asked(&fixture)?;
    webhook.exactly(0)?;
    let found = fixture.answer(&spec, true)?.expect(200)?.value()?;
    ensure!(found["status"]["approval"]["state"] == "approved", "{found:#}");
    let status = fixture.reach(&spec, RemediationPhase::Completed)?;
    ensure!(status.outcome == Some(RemediationOutcome::Remediated), "{status:#?}");
    webhook.exactly(1)?;
    let mut told = fixture.told_to_people(&spec, 2)?;
    told.sort();
    ensure!(told == ["approval", "status-update"], "{told:?}");
    fixture.answer(&spec, false)?.problem(409, "conflict")?;

    let told = fixture.told(&spec, EVENTS + 3)?;
    let expected = [
        question(workflow, &approval),
        moved("Analyzing", "AwaitingApproval"),
        AuditEvent::ApprovalApproved(answer()),
        moved("AwaitingApproval", "Executing"),
    ];
    ensure!(told[3..7] == expected, "{told:#?}");
    Ok(())
}

#[test]
fn what_somebody_rejects_is_not() -> Result<()> {
    let fixture = Fixture::new()?;
    let (spec, webhook, workflow, approval) = asked(&fixture)?;
    fixture.answer(&spec, false)?.expect(200)?;
    let status = fixture.reach(&spec, RemediationPhase::Failed)?;
    ensure!(status.outcome == Some(RemediationOutcome::ApprovalRejected), "{status:#?}");
    let rejected = status.approval.context("an answer")?;
    ensure!(rejected.state == ApprovalState::Rejected, "{rejected:#?}");
    ensure!(rejected.decided_by.as_deref() == Some("ann"), "{rejected:#?}");
    let told = fixture.told(&spec, EVENTS + 2)?;
    let AuditEvent::RemediationFailed(end) = &told[6] else { bail!("{told:#?}") };
    ensure!(end.outcome == RemediationOutcome::ApprovalRejected, "{end:#?}");
    let expected = [
        question(workflow, &approval),
        moved("Analyzing", "AwaitingApproval"),
        AuditEvent::ApprovalRejected(answer()),
        AuditEvent::RemediationFailed(end.clone()),
        moved("AwaitingApproval", "Failed"),
    ];
    ensure!(told[3..] == expected, "{told:#?}");
    webhook.exactly(0)?;
    ensure!(fixture.told_to_people(&spec, 1)? == ["approval"]);
    Ok(())
}

#[test]
fn what_nobody_answers_in_time_is_not_either() -> Result<()> {
    let fixture = Fixture::new()?;
    let (spec, webhook, workflow, approval) = asked(&fixture)?;
    let status = fixture.reach(&spec, RemediationPhase::Failed)?;
    ensure!(status.outcome == Some(RemediationOutcome::ApprovalExpired), "{status:#?}");
    fixture.answer(&spec, true)?.problem(409, "conflict")?;
    let told = fixture.told(&spec, EVENTS + 2)?;
    let expired = ExpiredApproval { expires_at: approval.expires_at };
    ensure!(told[3] == question(workflow, &approval), "{told:#?}");
    ensure!(told[5] == AuditEvent::ApprovalExpired(expired), "{told:#?}");
    webhook.exactly(0)?;
    Ok(())
}
