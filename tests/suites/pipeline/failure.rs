//! What no workflow mends.

use anyhow::{Context as _, Result, ensure};
use contract::aianalysis::ApprovalReason;
use contract::remediationorchestrator::{BlockReason, RemediationOutcome, RemediationPhase};
use serde_json::json;

use crate::support::Fixture;

#[test]
fn what_the_model_is_not_sure_of_is_for_people() -> Result<()> {
    let fixture = Fixture::new()?;
    for signal_type in
        ["MOCK_LOW_CONFIDENCE", "MOCK_MAX_RETRIES_EXHAUSTED", "MOCK_NO_WORKFLOW_FOUND"]
    {
        let incident = fixture.incident("staging", signal_type)?;
        let request = fixture.begin(&incident)?;
        let outcome = RemediationOutcome::AnalysisFailed;
        let status = fixture.end(&request, RemediationPhase::Failed, outcome)?;
        ensure!(status.children.workflowexecution.is_none(), "{status:#?}");
        incident.remedy.exactly(0)?;
        fixture.notified(&request, 1)?;
    }
    Ok(())
}

#[test]
fn after_three_failures_the_fourth_request_is_held_up() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("staging", "OOMKilled")?;
    incident.remedy.answer_with(&json!([{ "status": 500, "times": 100 }]))?;
    for number in 1..=3 {
        let request = fixture.begin(&incident)?;
        if number == 3 {
            agree(&fixture, &request)?;
        }
        let outcome = RemediationOutcome::ExecutionFailed;
        fixture.end(&request, RemediationPhase::Failed, outcome)?;
        incident.remedy.exactly(number)?;
        fixture.notified(&request, if number == 3 { 2 } else { 1 })?;
    }
    let request = fixture.begin(&incident)?;
    agree(&fixture, &request)?;
    let status = fixture.reach(&request, RemediationPhase::Blocked)?;
    let blocked = status.blocked.context("a rule")?;
    ensure!(blocked.reason == BlockReason::ConsecutiveFailures, "{blocked:#?}");
    incident.remedy.exactly(3)?;
    Ok(())
}

/// From the third attempt on no model decides alone.
fn agree(fixture: &Fixture, request: &str) -> Result<()> {
    let status = fixture.reach(request, RemediationPhase::AwaitingApproval)?;
    let reasons = status.approval.context("an approval")?.reasons;
    ensure!(reasons == [ApprovalReason::RepeatedAttempts], "{reasons:?}");
    fixture.decide(request, true)
}
