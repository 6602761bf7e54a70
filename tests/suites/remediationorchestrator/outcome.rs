//! What requests come to, and what the trail is told of it.

use anyhow::{Context as _, Result, bail, ensure};
use contract::AuditEvent;
use contract::aianalysis::AiAnalyses;
use contract::audit::{RemediationResult, RemediationStart};
use contract::datastorage::Priority;
use contract::remediationorchestrator::{RemediationOutcome, RemediationPhase};
use contract::signalprocessing::SignalProcessings;
use contract::workflowexecution::{ExecutionPhase, WorkflowExecutions};
use e2e::{Resources, TIMEOUT, unique};
use serde_json::json;

use crate::support::{EVENTS, Fixture, moved, request_to, wait_for};

#[test]
fn a_signal_is_remedied_and_the_trail_is_complete() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    let content = json!([request_to(&webhook)]);
    let workflow = fixture.workflow(&environment, "OOMKilled", &content)?.summary;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    let status = fixture.remedy(&spec, RemediationPhase::Completed)?;
    ensure!(status.outcome == Some(RemediationOutcome::Remediated), "{status:#?}");
    ensure!(status.environment.as_deref() == Some(environment.as_str()), "{status:#?}");
    let selected = status.workflow.as_ref().context("a workflow")?;
    ensure!(selected.workflow_id == workflow.workflow_id, "{status:#?}");
    webhook.exactly(1)?;

    let children = &status.children;
    let processed = fixture.child::<SignalProcessings>(children.signalprocessing.as_ref())?;
    ensure!(processed.spec.signal == spec.signal, "{processed:#?}");
    let analyzed = fixture.child::<AiAnalyses>(children.aianalysis.as_ref())?;
    ensure!(analyzed.spec.attempt == 1 && !analyzed.spec.incident.degraded_mode, "{analyzed:#?}");
    let executed = fixture.child::<WorkflowExecutions>(children.workflowexecution.as_ref())?;
    ensure!(executed.spec.target == spec.signal.target, "{executed:#?}");
    let namespace = json!(spec.signal.target.namespace);
    ensure!(executed.spec.parameters.get("namespace") == Some(&namespace), "{executed:#?}");

    let told = fixture.told(&spec, EVENTS)?;
    let AuditEvent::RemediationCompleted(end) = &told[4] else { bail!("{told:#?}") };
    let signal = &spec.signal;
    let expected = [
        AuditEvent::RemediationStarted(RemediationStart {
            fingerprint: signal.fingerprint.clone(),
            name: signal.name.clone(),
            severity: signal.severity,
            target: signal.target.clone(),
        }),
        moved("Pending", "Processing"),
        moved("Processing", "Analyzing"),
        moved("Analyzing", "Executing"),
        AuditEvent::RemediationCompleted(RemediationResult {
            outcome: RemediationOutcome::Remediated,
            message: format!("workflow {} 1.0.0 was executed", workflow.definition.name),
            environment: Some(environment),
            priority: Some(Priority::P2),
            workflow_id: Some(workflow.workflow_id),
            repetitions: 0,
            duration_ms: end.duration_ms,
        }),
        moved("Executing", "Completed"),
    ];
    ensure!(told == expected, "{told:#?}");

    // With six of signalprocessing and of aianalysis each, three of holmesgpt-api, the
    // search of the catalog, and two of the execution.
    let whole = fixture.trail.expect_exactly(&spec.name, EVENTS + 6 + 6 + 3 + 1 + 2, TIMEOUT)?;
    for event in whole.iter().filter(|event| event["actor_id"] == "remediationorchestrator") {
        ensure!(event["event_category"] == "orchestration", "{event:#}");
        ensure!(event["resource_type"] == "remediationrequest", "{event:#}");
        ensure!(event["resource_id"] == spec.name.as_str(), "{event:#}");
    }
    Ok(())
}

#[test]
fn what_needs_no_workflow_is_completed_without_an_execution() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = fixture.request_in(&unique("staging"), "MOCK_NOT_REPRODUCIBLE")?;
    let status = fixture.remedy(&spec, RemediationPhase::Completed)?;
    ensure!(status.outcome == Some(RemediationOutcome::WorkflowNotNeeded), "{status:#?}");
    ensure!(status.children.workflowexecution.is_none(), "{status:#?}");
    let executions = Resources::<WorkflowExecutions>::new(&fixture.run)?;
    let path = executions.path(&format!("we-{}", spec.name));
    executions.service.get(&path)?.problem(404, "not-found")?;
    fixture.told(&spec, EVENTS - 1)?;
    fixture.told_to_people(&spec, 0)?;
    Ok(())
}

#[test]
fn what_the_model_is_not_sure_of_a_person_has_to_look_at() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    fixture.workflow(&environment, "*", &json!([wait_for("1ms")]))?;
    let spec = fixture.request_in(&environment, "MOCK_LOW_CONFIDENCE")?;
    let status = fixture.remedy(&spec, RemediationPhase::Failed)?;
    ensure!(status.outcome == Some(RemediationOutcome::AnalysisFailed), "{status:#?}");
    ensure!(status.message.context("a reason")?.contains("LowConfidence"));
    ensure!(fixture.told_to_people(&spec, 1)? == ["manual-review"]);
    let told = fixture.told(&spec, EVENTS - 1)?;
    let AuditEvent::RemediationFailed(end) = &told[3] else { bail!("{told:#?}") };
    ensure!(end.outcome == RemediationOutcome::AnalysisFailed, "{end:#?}");
    Ok(())
}

#[test]
fn a_workflow_that_fails_a_person_has_to_look_at() -> Result<()> {
    let fixture = Fixture::new()?;
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    webhook.answer_with(&json!([{ "status": 500 }]))?;
    fixture.workflow(&environment, "OOMKilled", &json!([request_to(&webhook)]))?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    let status = fixture.remedy(&spec, RemediationPhase::Failed)?;
    ensure!(status.outcome == Some(RemediationOutcome::ExecutionFailed), "{status:#?}");
    ensure!(fixture.told_to_people(&spec, 1)? == ["manual-review"]);
    webhook.exactly(1)?;
    let told = fixture.told(&spec, EVENTS)?;
    let AuditEvent::RemediationFailed(end) = &told[4] else { bail!("{told:#?}") };
    ensure!(Some(&end.message) == status.message.as_ref(), "{end:#?}");
    Ok(())
}

#[test]
fn a_cancelled_request_ends_its_execution() -> Result<()> {
    let fixture = Fixture::new()?;
    let environment = unique("staging");
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("1h")]))?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    fixture.remedy(&spec, RemediationPhase::Executing)?;
    let executions = Resources::<WorkflowExecutions>::new(&fixture.run)?;
    let execution = format!("we-{}", spec.name);
    e2e::eventually(TIMEOUT, "the execution", || {
        let status = executions.service.get(&executions.path(&execution))?.status;
        Ok(if status == 200 {
            e2e::Poll::Ready(())
        } else {
            e2e::Poll::Pending(status.to_string())
        })
    })?;
    let found = fixture.cancel(&spec)?.expect(200)?.value()?;
    ensure!(found["status"]["phase"] == "Cancelled", "{found:#}");
    let ended = executions.reach(&execution, ExecutionPhase::Cancelled, TIMEOUT)?.status.details;
    let reason = "the request has ended: it was wrong";
    ensure!(ended.cancellation.as_deref() == Some(reason), "{ended:#?}");
    fixture.cancel(&spec)?.problem(409, "conflict")?;
    fixture.told(&spec, EVENTS)?;
    Ok(())
}
