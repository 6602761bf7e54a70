//! What analyses come to, and what the trail is told of it.

use anyhow::{Context as _, Result, ensure};
use contract::aianalysis::{AnalysisPhase, AnalysisReason};
use contract::audit::{AnalysisResult, ApprovalDecided, InvestigationCall, PhaseChange};
use contract::holmesgpt::{AnalyzeIncident, AnalyzeRecovery, HumanReviewReason};
use contract::{AuditEvent, Endpoint as _};
use e2e::{TIMEOUT, unique};

use crate::support::{EVENTS, Fixture, analysis_in, recovery_of};

fn moved(from: &str, to: &str) -> AuditEvent {
    AuditEvent::AnalysisPhaseChanged(PhaseChange { from: from.into(), to: to.into() })
}

/// The call of an endpoint that was answered, as the trail has it.
fn is_call_of(event: &AuditEvent, path: &str) -> bool {
    let AuditEvent::InvestigationCalled(call) = event else { return false };
    let expected = InvestigationCall {
        endpoint: path.to_owned(),
        attempt: 1,
        http_status: Some(200),
        duration_ms: call.duration_ms,
        error: None,
    };
    *call == expected
}

#[test]
fn a_workflow_is_selected_and_the_trail_has_every_phase_in_order() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    let workflow = fixture.workflow(&environment)?.summary;
    let spec = analysis_in(&environment, "OOMKilled");
    let status = fixture.analyze(&spec, AnalysisPhase::Completed)?;
    ensure!(status.reason == Some(AnalysisReason::WorkflowSelected), "{status:#?}");
    ensure!(status.calls == 1 && status.sub_reason.is_none(), "{status:#?}");
    let analysis = status.analysis.context("there is one")?;
    let selected = analysis.selected_workflow.context("one was selected")?;
    ensure!(selected.workflow_id == workflow.workflow_id, "{selected:#?}");

    let told = fixture.told(&spec, EVENTS)?;
    ensure!(is_call_of(&told[1], AnalyzeIncident::PATH), "{told:#?}");
    let message = format!("workflow {} 1.0.0 was selected", workflow.definition.name);
    let expected = [
        moved("Pending", "Investigating"),
        told[1].clone(),
        moved("Investigating", "Analyzing"),
        AuditEvent::ApprovalNeedDecided(ApprovalDecided {
            required: false,
            reasons: Vec::new(),
            environment,
            attempt: 1,
        }),
        AuditEvent::AnalysisCompleted(AnalysisResult {
            reason: AnalysisReason::WorkflowSelected,
            sub_reason: None,
            message,
            workflow_id: Some(workflow.workflow_id),
            confidence: Some(0.92),
        }),
        moved("Analyzing", "Completed"),
    ];
    ensure!(told == expected, "{told:#?}");

    // With the three of holmesgpt-api and the search of the catalog.
    let whole = fixture.trail.expect_exactly(&spec.correlation_id, EVENTS + 3 + 1, TIMEOUT)?;
    for event in whole.iter().filter(|event| event["actor_id"] == "aianalysis") {
        ensure!(event["event_category"] == "analysis", "{event:#}");
        ensure!(event["event_outcome"] == "success", "{event:#}");
        ensure!(event["resource_id"] == spec.name.as_str(), "{event:#}");
    }
    Ok(())
}

#[test]
fn what_a_person_has_to_look_at_has_failed_with_the_reason() -> Result<()> {
    use HumanReviewReason::{LowConfidence, ModelAnswerInvalid, NoMatchingWorkflows};

    let fixture = Fixture::new()?;
    let environment = unique("staging");
    fixture.workflow(&environment)?;
    for (signal_type, sub_reason) in [
        ("MOCK_NO_WORKFLOW_FOUND", NoMatchingWorkflows),
        ("MOCK_LOW_CONFIDENCE", LowConfidence),
        ("MOCK_MAX_RETRIES_EXHAUSTED", ModelAnswerInvalid),
    ] {
        let spec = analysis_in(&environment, signal_type);
        let status = fixture.analyze(&spec, AnalysisPhase::Failed)?;
        ensure!(status.reason == Some(AnalysisReason::WorkflowResolutionFailed), "{status:#?}");
        ensure!(status.sub_reason == Some(sub_reason), "{status:#?}");
        ensure!(status.approval.is_none(), "{status:#?}");
        let told = fixture.told(&spec, EVENTS - 1)?;
        let AuditEvent::AnalysisFailed(failed) = &told[3] else { anyhow::bail!("{told:#?}") };
        ensure!(failed.sub_reason == Some(sub_reason), "{failed:#?}");
        ensure!(Some(&failed.message) == status.message.as_ref(), "{failed:#?}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_reproduced_needs_no_workflow() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = analysis_in(&unique("staging"), "MOCK_NOT_REPRODUCIBLE");
    let status = fixture.analyze(&spec, AnalysisPhase::Completed)?;
    ensure!(status.reason == Some(AnalysisReason::WorkflowNotNeeded), "{status:#?}");
    ensure!(status.approval.is_none(), "{status:#?}");
    fixture.told(&spec, EVENTS - 1)?;
    Ok(())
}

#[test]
fn a_second_attempt_is_a_recovery_that_does_not_choose_the_same() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    let older = fixture.workflow(&environment)?.summary.workflow_id;
    let newer = fixture.workflow(&environment)?.summary.workflow_id;
    let spec = recovery_of(analysis_in(&environment, "OOMKilled"), &[newer]);
    let status = fixture.analyze(&spec, AnalysisPhase::Completed)?;
    let selected = status.analysis.and_then(|analysis| analysis.selected_workflow);
    ensure!(selected.context("one was selected")?.workflow_id == older);
    let told = fixture.told(&spec, EVENTS)?;
    ensure!(is_call_of(&told[1], AnalyzeRecovery::PATH), "{told:#?}");
    Ok(())
}
