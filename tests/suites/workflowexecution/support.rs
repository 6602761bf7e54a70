//! Workflows, their executions, and what the trail is told of them.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use contract::AuditEvent;
use contract::audit::ExecutionResult;
use contract::signalprocessing::Target;
use contract::workflowexecution::{
    ExecutedWorkflow, ExecutionFailure, ExecutionPhase, ExecutionSpec, ExecutionStatus,
    FailureReason, WorkflowExecutions,
};
use e2e::{Endpoint, Resources, Run, TIMEOUT, TrailReader, Webhook, payload, unique};
use serde_json::{Value, json};

/// How long a target is left alone in this suite, by the service's metadata.
pub(crate) const COOL_DOWN: Duration = Duration::from_secs(1);

/// The path of the catalog.
const WORKFLOWS: &str = "/api/v1/workflows";

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) executions: Resources<WorkflowExecutions>,
    pub(crate) catalog: Endpoint,
    trail: TrailReader,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let (executions, trail) = (Resources::new(&run)?, run.trail()?);
        let catalog = run.service("datastorage")?;
        Ok(Self { run, executions, catalog, trail })
    }

    /// What steps reach.
    pub(crate) fn webhook(&self, prefix: &str) -> Result<Webhook> {
        Webhook::new(&self.run, prefix)
    }

    /// Puts a workflow with these parameters and steps into the catalog.
    pub(crate) fn workflow(&self, parameters: &Value, content: &Value) -> Result<ExecutedWorkflow> {
        let workflow = json!({
            "name": unique("wf"), "version": "1.0.0", "title": "Restart the pod",
            "description": "Deletes the pod, so that its owner makes a new one.",
            "labels": {
                "signal_type": unique("OOMKilled"), "severity": "*", "component": "*",
                "environment": "*", "priority": "*",
            },
            "parameters": parameters, "content": content,
        });
        let stored = self.catalog.post(WORKFLOWS, &workflow)?.expect(201)?.value()?;
        Ok(serde_json::from_value(stored)?)
    }

    /// Sets the status of a workflow.
    pub(crate) fn set_status(&self, workflow: &ExecutedWorkflow, status: &str) -> Result<()> {
        let path = format!("{WORKFLOWS}/{}", workflow.workflow_id);
        let change = json!({ "status": status, "status_reason": "for a test" });
        self.catalog.json("PATCH", &path, &change)?.expect(200).map(drop)
    }

    /// Waits until an execution is in this phase.
    pub(crate) fn reach(
        &self,
        spec: &ExecutionSpec,
        phase: ExecutionPhase,
    ) -> Result<ExecutionStatus> {
        Ok(self.executions.reach(&spec.name, phase, TIMEOUT)?.status.details)
    }

    /// Executes what must fail; returns why it did.
    pub(crate) fn fail(&self, spec: &ExecutionSpec) -> Result<ExecutionFailure> {
        self.executions.create(spec)?;
        let status = self.reach(spec, ExecutionPhase::Failed)?;
        let failure = status.failure.context("a failure")?;
        let count = if failure.was_execution_failure { 2 } else { 1 };
        match self.told(spec, count)?.pop() {
            Some(AuditEvent::ExecutionFailed(ExecutionResult { failure: told, .. })) => {
                ensure!(told.as_ref() == Some(&failure), "{told:#?}");
            }
            other => bail!("the trail was told {other:#?}"),
        }
        Ok(failure)
    }

    /// All that the trail was told of an execution, oldest first.
    pub(crate) fn told(&self, spec: &ExecutionSpec, count: usize) -> Result<Vec<AuditEvent>> {
        let events = self.trail.expect_exactly(&spec.correlation_id, count, TIMEOUT)?;
        events.iter().map(payload).collect()
    }

    /// The path by which an execution is ended.
    pub(crate) fn cancellation(&self, spec: &ExecutionSpec) -> String {
        format!("{}/cancellation", self.executions.path(&spec.name))
    }

    pub(crate) fn cancel(&self, spec: &ExecutionSpec) -> Result<()> {
        let body = json!({ "reason": "it was wrong" });
        self.executions.service.json("PATCH", &self.cancellation(spec), &body)?.expect(200)?;
        Ok(())
    }
}

/// An execution with a name, a correlation and a target of its own.
pub(crate) fn execution_of(workflow: &ExecutedWorkflow) -> ExecutionSpec {
    ExecutionSpec {
        name: unique("we"),
        correlation_id: unique("rr"),
        workflow_id: workflow.workflow_id,
        target: Target { namespace: unique("shop"), kind: "pod".into(), name: "cart-0".into() },
        parameters: [].into(),
        timeout: None,
    }
}

/// A step that sends a request.
pub(crate) fn request_to(webhook: &Webhook) -> Value {
    json!({ "type": "http", "url": webhook.url() })
}

/// A step that waits.
pub(crate) fn wait_for(duration: &str) -> Value {
    json!({ "type": "wait", "for": duration })
}

/// Compares a failure with what it should be.
pub(crate) fn check(
    failure: &ExecutionFailure,
    reason: FailureReason,
    step: Option<u32>,
) -> Result<()> {
    let had_begun = step.is_some();
    let expected = (reason, step, had_begun);
    let found = (failure.reason, failure.step, failure.was_execution_failure);
    ensure!(found == expected, "expected {expected:?}, found {failure:#?}");
    Ok(())
}
