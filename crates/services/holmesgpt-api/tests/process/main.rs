//! The service as a process, with a fake catalog and trail and a fake model.

mod chat;
mod outage;
mod service;

use contract::AuditEvent;
use contract::audit::{ModelAnswer, ModelRequest, WorkflowValidation};
use contract::holmesgpt::{Analysis, HumanReviewReason};
use serde_json::{Value, json};
use testing::{TestDatabase, on_both_databases};

use service::{FITTING, Service, catalog, incident};

/// What an analysis has come to, in a line.
fn line(analysis: &Analysis) -> String {
    let selected = analysis.selected_workflow.as_ref().map(|workflow| workflow.name.as_str());
    let reason = analysis.human_review_reason.map(|reason| reason.to_string());
    format!(
        "{} {} {} after {}",
        selected.unwrap_or("nothing"),
        analysis.confidence,
        reason.as_deref().unwrap_or("no review"),
        analysis.validation_attempts.len()
    )
}

on_both_databases! {
    async fn an_incident_gets_a_workflow_with_parameters_and_the_trail_is_told(database: TestDatabase) {
        let trail = catalog().await;
        let service = Service::start(&database, &trail, &[]);
        let analysis = service.analyze("rr-a", incident("OOMKilled")).await;
        assert_eq!(line(&analysis), "restart 0.92 no review after 1");
        let selected = analysis.selected_workflow.expect("one was selected");
        assert_eq!(selected.container_image.as_deref(), Some("shop/restart:1"));
        assert_eq!(json!(selected.parameters), json!({ "namespace": "shop", "grace": 5, "mode": "soft" }));
        assert!(analysis.warnings.is_empty());

        let events = trail.told(3).await;
        let [requested, answered, validated] = &events[..] else { panic!("{events:#?}") };
        let model = "deterministic".to_owned();
        let expected = ModelRequest {
            model: model.clone(), attempt: 1, signal_type: "OOMKilled".to_owned(),
            workflow_ids: vec![FITTING],
        };
        assert_eq!(requested.1, AuditEvent::ModelRequested(expected));
        let AuditEvent::ModelAnswered(ModelAnswer { duration_ms, .. }) = answered.1 else {
            panic!("{answered:#?}")
        };
        let expected = ModelAnswer {
            model, attempt: 1, duration_ms, confidence: Some(0.92), workflow_id: Some(FITTING),
            error: None,
        };
        assert_eq!(answered.1, AuditEvent::ModelAnswered(expected));
        let expected = WorkflowValidation {
            attempt: 1, workflow_id: FITTING, is_valid: true, errors: Vec::new(),
        };
        assert_eq!(validated.1, AuditEvent::WorkflowValidated(expected));
        for (event, _) in &events {
            assert_eq!(event.correlation_id, "rr-a");
            assert_eq!(event.actor_id.as_deref(), Some("holmesgpt-api"));
        }
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn what_was_answered_is_told_even_after_a_kill(database: TestDatabase) {
        let trail = catalog().await;
        let batch = "/api/v1/audit/events/batch";
        trail.always_answers(batch, 503, json!({}));
        let mut service = Service::start(&database, &trail, &[]);
        for number in 0..3 {
            service.analyze(&format!("rr-{number}"), incident("Evicted")).await;
        }
        service.process.kill();
        let later = catalog().await;
        let service = Service::start(&database, &later, &[]);
        later.told(9).await;
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn some_types_of_signals_are_triggers(database: TestDatabase) {
        let trail = catalog().await;
        let service = Service::start(&database, &trail, &[]);
        for (signal_type, expected) in [
            ("SomethingElse", "restart 0.75 no review after 1"),
            ("NodeNotReady", "restart 0.9 no review after 1"),
            ("MOCK_NO_WORKFLOW_FOUND", "nothing 0.75 NoMatchingWorkflows after 1"),
            ("MOCK_LOW_CONFIDENCE", "restart 0.45 LowConfidence after 1"),
            ("MOCK_MAX_RETRIES_EXHAUSTED", "nothing 0 ModelAnswerInvalid after 3"),
            ("MOCK_NOT_REPRODUCIBLE", "nothing 0.85 no review after 1"),
        ] {
            let analysis = service.analyze("rr-a", incident(signal_type)).await;
            assert_eq!(line(&analysis), expected, "{signal_type}");
            assert_eq!(analysis.needs_human_review, analysis.human_review_reason.is_some());
        }
    }
}

#[tokio::test]
async fn what_has_run_without_success_is_not_chosen_again() {
    let trail = catalog().await;
    let database = TestDatabase::sqlite();
    let service = Service::start(&database, &trail, &[]);
    let failed = json!([{ "workflow_id": FITTING, "failure": "TaskFailed" }]);
    let analysis = service.recover(2, failed).await;
    assert_eq!(line(&analysis), "nothing 0.92 NoMatchingWorkflows after 1");
    let other = json!([{ "workflow_id": uuid::Uuid::nil(), "failure": "TaskFailed" }]);
    let analysis = service.recover(3, other).await;
    assert_eq!(line(&analysis), "restart 0.92 no review after 1");
}

#[tokio::test]
async fn a_workflow_that_changes_after_the_search_is_refused() {
    let trail = catalog().await;
    let database = TestDatabase::sqlite();
    let service = Service::start(&database, &trail, &[]);
    let path = format!("/api/v1/workflows/{FITTING}");
    let mut workflow = service::workflow();
    workflow["status"] = json!("disabled");
    trail.always_answers(&path, 200, workflow.clone());
    let analysis = service.analyze("rr-a", incident("OOMKilled")).await;
    assert_eq!(line(&analysis), "nothing 0.92 WorkflowNotActive after 3");
    trail.always_answers(&path, 404, Value::Null);
    let analysis = service.analyze("rr-a", incident("OOMKilled")).await;
    assert_eq!(analysis.human_review_reason, Some(HumanReviewReason::WorkflowNotFound));
}

#[tokio::test]
async fn without_a_catalog_the_answer_is_503_and_what_it_refuses_is_a_warning() {
    let trail = catalog().await;
    let database = TestDatabase::sqlite();
    let service = Service::start(&database, &trail, &[]);
    let search = "/api/v1/workflows/search";
    for (status, body) in [(503, json!({})), (500, json!("oops")), (200, json!({ "data": 1 }))] {
        trail.always_answers(search, status, body);
        let (status, problem) = service.refused("rr-a", incident("OOMKilled")).await;
        assert_eq!(status, 503, "{problem}");
        assert!(problem.starts_with("the catalog cannot be used"), "{problem}");
    }
    trail.always_answers(search, 400, json!({}));
    let analysis = service.analyze("rr-a", incident("a*b")).await;
    assert_eq!(line(&analysis), "nothing 0.75 NoMatchingWorkflows after 1");
    assert_eq!(analysis.warnings.len(), 1, "{:?}", analysis.warnings);
}

/// Two processes on one database tell everything once.
#[tokio::test]
async fn two_replicas_tell_nothing_twice_on_postgres() {
    let database = TestDatabase::postgres();
    let trail = catalog().await;
    let services = [Service::start(&database, &trail, &[]), Service::start(&database, &trail, &[])];
    for number in 0..20 {
        services[number % 2].analyze(&format!("rr-{number}"), incident("Evicted")).await;
    }
    let [one, other] = services;
    one.process.stop();
    other.process.stop();
    trail.told(60).await;
}
