//! Root causes and workflows of incidents.

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::audit::{ModelAnswer, ModelRequest, WorkflowValidation};
use contract::holmesgpt::HumanReviewReason;
use e2e::catalog::disable_workflow;
use e2e::payload;
use serde_json::json;

use crate::support::Fixture;

#[test]
fn the_workflow_that_fits_is_chosen_with_parameters_and_the_trail_has_every_step() -> Result<()> {
    let fixture = Fixture::new()?;
    let workflow = fixture.workflow()?.summary;
    let (correlation_id, analysis) = fixture.analyze(fixture.incident("OOMKilled"))?;
    ensure!(!analysis.needs_human_review && analysis.warnings.is_empty(), "{analysis:#?}");
    let selected = analysis.selected_workflow.as_ref().context("one was selected")?;
    ensure!(selected.workflow_id == workflow.workflow_id, "{selected:#?}");
    ensure!(selected.name == workflow.definition.name && selected.version == "1.0.0");
    ensure!(selected.container_image == workflow.definition.container_image, "{selected:#?}");
    ensure!(json!(selected.parameters) == json!({ "namespace": "shop" }), "{selected:#?}");
    let [attempt] = &analysis.validation_attempts[..] else {
        anyhow::bail!("{:#?}", analysis.validation_attempts)
    };
    ensure!(attempt.is_valid && attempt.workflow_id == Some(workflow.workflow_id), "{attempt:?}");

    let told = fixture.told(&correlation_id, 3)?;
    let [requested, AuditEvent::ModelAnswered(answered), validated] = &told[..] else {
        anyhow::bail!("{told:#?}")
    };
    let (model, id) = ("deterministic".to_owned(), workflow.workflow_id);
    let expected = AuditEvent::ModelRequested(ModelRequest {
        model: model.clone(),
        attempt: 1,
        signal_type: "OOMKilled".to_owned(),
        workflow_ids: vec![id],
    });
    ensure!(*requested == expected, "{requested:#?}");
    let expected = ModelAnswer {
        model,
        attempt: 1,
        duration_ms: answered.duration_ms,
        confidence: Some(0.92),
        workflow_id: Some(id),
        error: None,
    };
    ensure!(*answered == expected, "{answered:#?}");
    let (is_valid, errors) = (true, Vec::new());
    let expected = WorkflowValidation { attempt: 1, workflow_id: id, is_valid, errors };
    ensure!(*validated == AuditEvent::WorkflowValidated(expected), "{validated:#?}");

    // The catalog tells of its search under the same correlation.
    let whole = fixture.whole_trail(&correlation_id, 3)?;
    let events: Vec<_> = whole.iter().map(payload).collect::<Result<_>>()?;
    let searches = events.iter().filter_map(|event| match event {
        AuditEvent::SearchCompleted(search) => Some((search.top_k, search.total)),
        _ => None,
    });
    ensure!(searches.collect::<Vec<_>>() == [(3, 1)], "{events:#?}");
    for event in fixture.events(&correlation_id, 3)? {
        ensure!(event["event_category"] == "analysis", "{event:#}");
        ensure!(event["actor_id"] == "holmesgpt-api", "{event:#}");
        let is_question = event["event_type"] == "analysis.model.requested";
        let outcome = if is_question { "pending" } else { "success" };
        ensure!(event["event_outcome"] == outcome, "{event:#}");
    }
    Ok(())
}

#[test]
fn every_known_type_of_signal_has_its_confidence() -> Result<()> {
    let fixture = Fixture::new()?;
    fixture.workflow()?;
    for (signal_type, confidence) in [
        ("OOMKilled", 0.92),
        ("CrashLoopBackOff", 0.88),
        ("NodeNotReady", 0.90),
        ("ImagePullBackOff", 0.85),
        ("Evicted", 0.87),
        ("FailedScheduling", 0.82),
        ("SomethingElse", 0.75),
    ] {
        let (_, analysis) = fixture.analyze(fixture.incident(signal_type))?;
        ensure!(json!(analysis.confidence) == json!(confidence), "{signal_type}: {analysis:#?}");
        ensure!(analysis.root_cause.summary.starts_with(signal_type), "{analysis:#?}");
        ensure!(!analysis.needs_human_review, "{signal_type}: {analysis:#?}");
    }
    Ok(())
}

#[test]
fn a_person_has_to_look_at_what_the_model_cannot_decide() -> Result<()> {
    use HumanReviewReason::{LowConfidence, ModelAnswerInvalid, NoMatchingWorkflows};

    let fixture = Fixture::new()?;
    fixture.workflow()?;
    for (signal_type, reason, is_proposed, attempts, events) in [
        ("MOCK_NO_WORKFLOW_FOUND", Some(NoMatchingWorkflows), false, 1, 2),
        ("MOCK_LOW_CONFIDENCE", Some(LowConfidence), true, 1, 3),
        ("MOCK_MAX_RETRIES_EXHAUSTED", Some(ModelAnswerInvalid), false, 3, 6),
        ("MOCK_NOT_REPRODUCIBLE", None, false, 1, 2),
    ] {
        let (correlation_id, analysis) = fixture.analyze(fixture.incident(signal_type))?;
        ensure!(analysis.human_review_reason == reason, "{signal_type}: {analysis:#?}");
        ensure!(analysis.needs_human_review == reason.is_some(), "{signal_type}: {analysis:#?}");
        ensure!(analysis.selected_workflow.is_some() == is_proposed, "{signal_type}");
        let found = analysis.validation_attempts.len();
        ensure!(found == attempts, "{signal_type}: {analysis:#?}");
        fixture.told(&correlation_id, events)?;
    }
    Ok(())
}

#[test]
fn three_workflows_are_offered_and_the_others_of_them_are_alternatives() -> Result<()> {
    let fixture = Fixture::new()?;
    for _ in 0..4 {
        fixture.workflow()?;
    }
    let (correlation_id, analysis) = fixture.analyze(fixture.incident("Evicted"))?;
    ensure!(analysis.alternatives.len() == 2, "{analysis:#?}");
    let told = fixture.told(&correlation_id, 3)?;
    let AuditEvent::ModelRequested(requested) = &told[0] else { anyhow::bail!("{told:#?}") };
    let selected = analysis.selected_workflow.context("one was selected")?.workflow_id;
    let others = analysis.alternatives.iter().map(|other| other.workflow_id);
    let chosen: Vec<_> = [selected].into_iter().chain(others).collect();
    ensure!(requested.workflow_ids == chosen, "{requested:#?}");
    Ok(())
}

#[test]
fn a_workflow_that_is_out_of_use_is_not_chosen() -> Result<()> {
    let fixture = Fixture::new()?;
    let workflow = fixture.workflow()?.summary.workflow_id;
    disable_workflow(&fixture.run, workflow)?;
    let (correlation_id, analysis) = fixture.analyze(fixture.incident("OOMKilled"))?;
    let reason = analysis.human_review_reason;
    ensure!(reason == Some(HumanReviewReason::NoMatchingWorkflows), "{analysis:#?}");
    fixture.told(&correlation_id, 2)?;
    Ok(())
}

#[test]
fn what_is_not_known_of_the_target_is_a_warning() -> Result<()> {
    let fixture = Fixture::new()?;
    fixture.workflow()?;
    let mut incident = fixture.incident("OOMKilled");
    incident.degraded_mode = true;
    let (_, analysis) = fixture.analyze(incident)?;
    ensure!(analysis.warnings.len() == 1 && !analysis.needs_human_review, "{analysis:#?}");
    Ok(())
}
