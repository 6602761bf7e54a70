//! Incidents that a workflow has not remedied.

use anyhow::{Context as _, Result, ensure};
use contract::Endpoint as _;
use contract::holmesgpt::{
    Analysis, AnalyzeRecovery, HumanReviewReason, PreviousExecution, RecoveryRequest,
};
use e2e::unique;

use crate::support::Fixture;

#[test]
fn a_recovery_chooses_what_has_not_run_yet_and_nothing_if_all_has() -> Result<()> {
    let fixture = Fixture::new()?;
    let (older, newer) = (fixture.workflow()?.summary, fixture.workflow()?.summary);
    let failed = |id| PreviousExecution { workflow_id: id, failure: "TaskFailed".to_owned() };
    let mut request = RecoveryRequest {
        correlation_id: unique("rr"),
        incident: fixture.incident("OOMKilled"),
        attempt: 2,
        previous_executions: vec![failed(newer.workflow_id)],
    };
    let analysis = recover(&fixture, &request)?;
    let selected = analysis.selected_workflow.context("one was selected")?;
    ensure!(selected.workflow_id == older.workflow_id, "{selected:#?}");
    ensure!(analysis.alternatives.is_empty(), "{:#?}", analysis.alternatives);
    fixture.told(&request.correlation_id, 3)?;

    request.correlation_id = unique("rr");
    request.attempt = 3;
    request.previous_executions.push(failed(older.workflow_id));
    let analysis = recover(&fixture, &request)?;
    ensure!(analysis.selected_workflow.is_none(), "{analysis:#?}");
    let reason = analysis.human_review_reason;
    ensure!(reason == Some(HumanReviewReason::NoMatchingWorkflows), "{analysis:#?}");
    fixture.told(&request.correlation_id, 2)?;
    Ok(())
}

fn recover(fixture: &Fixture, request: &RecoveryRequest) -> Result<Analysis> {
    let body = serde_json::to_value(request)?;
    let answer = fixture.service.post(AnalyzeRecovery::PATH, &body)?.expect(200)?.value()?;
    Ok(serde_json::from_value(answer)?)
}
