//! The steps of a workflow, and what the trail is told of them.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use contract::AuditEvent;
use contract::audit::ExecutionStart;
use contract::datastorage::StepType;
use contract::workflowexecution::{ExecutionPhase, FailureReason};
use e2e::webhook::{body, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Fixture, check, execution_of, request_to, wait_for};

#[test]
fn a_workflow_is_executed_with_its_parameters_and_the_trail_has_its_steps() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("cluster")?;
    webhook.answer_with(&json!([{ "status": 202 }, { "status": 204 }]))?;
    let parameters = json!({
        "pod": { "type": "string", "required": true },
        "replicas": { "type": "integer", "maximum": 5 },
    });
    let workflow = fixture.workflow(
        &parameters,
        &json!([
            {
                "type": "http", "method": "PUT", "expect": 202,
                "url": format!("{}/pods/{{{{pod}}}}", webhook.url()),
                "body": { "replicas": "{{replicas}}", "why": "{{pod}} to {{replicas}}" },
            },
            wait_for("100ms"),
            { "type": "http", "method": "DELETE", "url": format!("{}/pods/old", webhook.url()) },
        ]),
    )?;
    let mut spec = execution_of(&workflow);
    spec.parameters =
        [("pod".to_owned(), json!("cart/0 ü")), ("replicas".to_owned(), json!(3))].into();
    fixture.executions.create(&spec)?;
    let status = fixture.reach(&spec, ExecutionPhase::Completed)?;

    let received = webhook.exactly(2)?;
    let line = |request: &Value| format!("{} {}", request["method"], request["path"]);
    ensure!(line(&received[0]).ends_with("/pods/cart%2F0%20%C3%BC\""), "{}", received[0]["path"]);
    ensure!(line(&received[0]).starts_with("\"PUT\""), "{}", received[0]["method"]);
    ensure!(body(&received[0])? == json!({ "replicas": 3, "why": "cart/0 ü to 3" }));
    ensure!(header(&received[0], "idempotency-key") != header(&received[1], "idempotency-key"));
    ensure!(line(&received[1]).starts_with("\"DELETE\""), "{}", received[1]["method"]);

    let steps = vec![StepType::Http, StepType::Wait, StepType::Http];
    let started = ExecutionStart { workflow: workflow.clone(), target: spec.target.clone(), steps };
    let told = fixture.told(&spec, 2)?;
    let [AuditEvent::ExecutionStarted(first), AuditEvent::ExecutionCompleted(last)] = &told[..]
    else {
        bail!("{told:#?}")
    };
    ensure!(*first == started, "{first:#?}");
    ensure!(last.workflow.as_ref() == Some(&workflow) && last.target == spec.target);
    ensure!(last.failure.is_none() && last.cancellation.is_none(), "{last:#?}");
    let results: Vec<_> = last.steps.iter().map(|step| (step.kind, step.http_status)).collect();
    let expected =
        [(StepType::Http, Some(202)), (StepType::Wait, None), (StepType::Http, Some(204))];
    ensure!(results == expected, "{results:?}");
    ensure!(last.steps[1].duration_ms >= 100 && last.duration_ms >= Some(100), "{last:#?}");
    for (step, told) in status.steps.iter().zip(&last.steps) {
        let took = step.started_at.zip(step.ended_at).map(|(start, end)| end - start);
        let told = Duration::from_millis(told.duration_ms);
        ensure!(took.is_some_and(|took| (took - told).whole_milliseconds() == 0), "{step:#?}");
        ensure!(!step.repeated && step.error.is_none());
    }
    Ok(())
}

#[test]
fn a_step_that_comes_to_something_else_ends_the_execution() -> Result<()> {
    use FailureReason::{Forbidden, ResourceExhausted, TaskFailed};

    let fixture = Fixture::new()?;
    for (status, reason) in [
        (401, Forbidden),
        (403, Forbidden),
        (429, ResourceExhausted),
        (507, ResourceExhausted),
        (302, TaskFailed),
        (404, TaskFailed),
        (500, TaskFailed),
    ] {
        let webhook = fixture.webhook("bad")?;
        webhook.answer_with(&json!([{ "status": 200 }, { "status": status, "body": "no!" }]))?;
        let request = request_to(&webhook);
        let workflow = fixture.workflow(&json!({}), &json!([request, request, request]))?;
        let failure = fixture.fail(&execution_of(&workflow))?;
        check(&failure, reason, Some(2))?;
        ensure!(failure.message.ends_with(": no!"), "{failure:#?}");
        webhook.exactly(2)?;
    }
    Ok(())
}

#[test]
fn another_success_than_the_expected_one_is_none() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("other")?;
    let step = json!({ "type": "http", "url": webhook.url(), "expect": 202 });
    let workflow = fixture.workflow(&json!({}), &json!([step]))?;
    let failure = fixture.fail(&execution_of(&workflow))?;
    check(&failure, FailureReason::TaskFailed, Some(1))
}

#[test]
fn steps_and_executions_have_a_time_limit() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("slow")?;
    webhook.answer_with(&json!([{ "status": 200, "delay_ms": 10_000 }]))?;
    let slow = fixture.workflow(&json!({}), &json!([request_to(&webhook)]))?;
    let failure = fixture.fail(&execution_of(&slow))?;
    check(&failure, FailureReason::DeadlineExceeded, Some(1))?;
    ensure!(failure.message == "no answer within 2s", "{failure:#?}");

    let long = fixture.workflow(&json!({}), &json!([wait_for("1ms"), wait_for("1h")]))?;
    let mut spec = execution_of(&long);
    spec.timeout = Some(Duration::from_secs(1));
    let failure = fixture.fail(&spec)?;
    check(&failure, FailureReason::DeadlineExceeded, Some(2))?;
    ensure!(failure.message == "all steps took longer than 1s", "{failure:#?}");
    Ok(())
}

#[test]
fn nobody_at_the_other_end_is_a_failed_step() -> Result<()> {
    let fixture = Fixture::new()?;
    // Nobody can listen on it.
    let step = json!({ "type": "http", "url": "http://127.0.0.1:1/" });
    let workflow = fixture.workflow(&json!({}), &json!([step]))?;
    let failure = fixture.fail(&execution_of(&workflow))?;
    check(&failure, FailureReason::TaskFailed, Some(1))?;
    ensure!(failure.message.starts_with("no answer: "), "{failure:#?}");
    Ok(())
}

#[test]
fn what_cannot_be_executed_fails_before_it_begins() -> Result<()> {
    let fixture = Fixture::new()?;
    let webhook = fixture.webhook("never")?;
    let parameters = json!({ "pod": { "type": "string", "required": true } });
    let content = json!([request_to(&webhook)]);
    let needy = fixture.workflow(&parameters, &content)?;
    let plain = fixture.workflow(&json!({}), &content)?;
    let shell = json!({ "type": "http", "url": webhook.url(), "shell": "rm -rf /" });
    let shell = fixture.workflow(&json!({}), &json!([request_to(&webhook), shell]))?;
    let disabled = fixture.workflow(&json!({}), &content)?;
    fixture.set_status(&disabled, "disabled")?;

    let mut unknown = execution_of(&plain);
    unknown.workflow_id = Uuid::now_v7();
    let mut undeclared = execution_of(&plain);
    undeclared.parameters = [("pod".to_owned(), json!("cart-0"))].into();
    let mut mistyped = execution_of(&needy);
    mistyped.parameters = [("pod".to_owned(), json!(0))].into();
    for (spec, message) in [
        (unknown, "there is no workflow"),
        (undeclared, "there is no parameter pod"),
        (mistyped, "parameter pod must be of type string, not 0"),
        (execution_of(&needy), "parameter pod is required"),
        (execution_of(&shell), "step 2: unknown field `shell`"),
        (execution_of(&disabled), "1.0.0 is disabled"),
    ] {
        let failure = fixture.fail(&spec)?;
        check(&failure, FailureReason::ConfigurationError, None)?;
        ensure!(failure.message.contains(message), "{failure:#?}");
    }
    webhook.exactly(0)?;
    Ok(())
}
