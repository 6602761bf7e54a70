//! What the trail is told of executions.

use contract::AuditEvent;
use contract::audit::{ExecutionResult, ExecutionStart, StepResult};
use contract::workflowexecution::{
    ExecutedStep, ExecutedWorkflow, ExecutionPhase, ExecutionSpec, ExecutionStatus,
};
use time::{Duration, OffsetDateTime};

/// That an execution begins.
#[must_use]
pub fn started(
    spec: &ExecutionSpec,
    workflow: ExecutedWorkflow,
    steps: &[ExecutedStep],
) -> AuditEvent {
    let steps = steps.iter().map(|step| step.action.kind()).collect();
    let target = spec.target.clone();
    AuditEvent::ExecutionStarted(ExecutionStart { workflow, target, steps })
}

/// That an execution has ended at this time, in this phase.
#[must_use]
pub fn ended(
    phase: ExecutionPhase,
    spec: &ExecutionSpec,
    status: &ExecutionStatus,
    now: OffsetDateTime,
) -> AuditEvent {
    let result = ExecutionResult {
        workflow: status.workflow.clone(),
        target: spec.target.clone(),
        duration_ms: status.started_at.map(|start| milliseconds(now - start)),
        steps: status.steps.iter().filter_map(step).collect(),
        failure: status.failure.clone(),
        cancellation: status.cancellation.clone(),
    };
    match phase {
        ExecutionPhase::Completed => AuditEvent::ExecutionCompleted(result),
        ExecutionPhase::Cancelled => AuditEvent::ExecutionCancelled(result),
        _ => AuditEvent::ExecutionFailed(result),
    }
}

fn step(step: &ExecutedStep) -> Option<StepResult> {
    let duration = step.ended_at? - step.started_at?;
    Some(StepResult {
        kind: step.action.kind(),
        duration_ms: milliseconds(duration),
        http_status: step.http_status,
        error: step.error.clone(),
        repeated: step.repeated,
    })
}

/// What is negative is none: a clock was set.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.whole_milliseconds()).unwrap_or_default()
}
