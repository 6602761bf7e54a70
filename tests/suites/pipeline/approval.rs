//! Somebody has to agree in production.

use anyhow::{Context as _, Result, ensure};
use contract::aianalysis::ApprovalReason;
use contract::remediationorchestrator::{ApprovalState, RemediationOutcome, RemediationPhase};

use crate::support::Fixture;
use crate::trail;

/// What the orchestrator tells of a request that somebody agreed to.
const APPROVED: &[&str] = &[
    "orchestrator.lifecycle.started",
    "orchestrator.phase.changed",
    "orchestrator.phase.changed",
    "orchestrator.approval.requested",
    "orchestrator.phase.changed",
    "orchestrator.approval.approved",
    "orchestrator.phase.changed",
    "orchestrator.lifecycle.completed",
    "orchestrator.phase.changed",
];

#[test]
fn in_production_a_remedy_waits_until_somebody_agrees() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("production", "OOMKilled")?;
    let request = fixture.begin(&incident)?;
    let status = fixture.reach(&request, RemediationPhase::AwaitingApproval)?;
    let approval = status.approval.context("an approval")?;
    ensure!(approval.state == ApprovalState::Requested, "{approval:#?}");
    ensure!(approval.reasons == [ApprovalReason::Production], "{approval:#?}");
    fixture.notified(&request, 1)?;
    incident.remedy.exactly(0)?;
    fixture.decide(&request, true)?;
    let status =
        fixture.end(&request, RemediationPhase::Completed, RemediationOutcome::Remediated)?;
    let approval = status.approval.context("an approval")?;
    ensure!(approval.state == ApprovalState::Approved, "{approval:#?}");
    ensure!(approval.decided_by.as_deref() == Some("ann"), "{approval:#?}");
    incident.remedy.exactly(1)?;
    // Somebody was asked, and told that the most urgent kind of incident is over.
    fixture.notified(&request, 2)?;
    trail::expect_by(&fixture, &request, "remediationorchestrator", APPROVED)
}

#[test]
fn a_remedy_that_somebody_rejects_is_not_executed() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("production", "CrashLoopBackOff")?;
    let request = fixture.begin(&incident)?;
    fixture.reach(&request, RemediationPhase::AwaitingApproval)?;
    fixture.decide(&request, false)?;
    let outcome = RemediationOutcome::ApprovalRejected;
    let status = fixture.end(&request, RemediationPhase::Failed, outcome)?;
    ensure!(status.children.workflowexecution.is_none(), "{status:#?}");
    incident.remedy.exactly(0)?;
    Ok(())
}

#[test]
fn a_remedy_that_nobody_answers_for_is_not_executed() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("production", "Evicted")?;
    let request = fixture.begin(&incident)?;
    let outcome = RemediationOutcome::ApprovalExpired;
    let status = fixture.end(&request, RemediationPhase::Failed, outcome)?;
    let approval = status.approval.context("an approval")?;
    ensure!(approval.state == ApprovalState::Expired, "{approval:#?}");
    incident.remedy.exactly(0)?;
    Ok(())
}
