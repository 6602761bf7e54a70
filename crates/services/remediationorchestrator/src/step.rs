//! Phases, blocks and ends of requests, with what the trail is told of them.

use contract::AuditEvent;
use contract::audit::RemediationResult;
use contract::remediationorchestrator::{
    Blocked, RemediationOutcome as Outcome, RemediationPhase as Phase, RemediationRequests,
    RemediationStatus,
};
use kit::resource::Row;
use time::OffsetDateTime;

use crate::notify;

/// How many characters a message has at most.
const MAX_MESSAGE: usize = 2000;

/// A step of a request.
pub type Step = kit::resource::Step<RemediationRequests>;

/// A request comes into another phase.
#[must_use]
pub fn enter(row: &Row<RemediationRequests>, phase: Phase) -> Step {
    let mut step = row.to(phase);
    if row.phase == Phase::Blocked {
        step.status.blocked = None;
        // This time does not count.
        step.status.deadline =
            row.status.deadline.map(|deadline| deadline + (row.now - since(row)));
    }
    step.status.message = None;
    step.status.phase_since = Some(row.now);
    step
}

/// Since when a request has been in its phase.
#[must_use]
pub fn since(row: &Row<RemediationRequests>) -> OffsetDateTime {
    row.status.phase_since.unwrap_or(row.created_at)
}

/// A rule holds a request up. It is asked again at this time.
#[must_use]
pub fn hold_up(row: &Row<RemediationRequests>, blocked: Blocked, at: OffsetDateTime) -> Step {
    let is_new = row.status.blocked.as_ref() != Some(&blocked);
    let mut step =
        if row.phase == Phase::Blocked { row.stay() } else { enter(row, Phase::Blocked) };
    if is_new {
        step = step.tell(AuditEvent::RoutingBlocked(blocked.clone()));
    }
    step.status.blocked = Some(blocked);
    step.at(at)
}

/// A request ends, after `first`. What follows from it is done afterwards.
#[must_use]
pub fn end(
    row: &Row<RemediationRequests>,
    outcome: Outcome,
    message: impl AsRef<str>,
    first: Option<AuditEvent>,
) -> Step {
    let message: String = message.as_ref().chars().take(MAX_MESSAGE).collect();
    let phase = last_phase(outcome);
    let mut step = enter(row, phase);
    step.status.outcome = Some(outcome);
    step.status.message = Some(message);
    let status = &step.status;
    let has_follow_up =
        is_execution_left(phase, status) || notify::untold(&row.spec, phase, status).is_some();
    let step = first.into_iter().fold(step, Step::tell);
    if has_follow_up { step.follow_up() } else { step }
}

/// What the trail is told of a request that has ended.
#[must_use]
pub fn result(row: &Row<RemediationRequests>) -> Option<AuditEvent> {
    let status = &row.status;
    let result = RemediationResult {
        outcome: status.outcome?,
        message: status.message.clone().unwrap_or_default(),
        environment: status.environment.clone(),
        priority: status.priority,
        workflow_id: status.workflow.as_ref().map(|workflow| workflow.workflow_id),
        repetitions: status.repetitions,
        duration_ms: u64::try_from(row.age().as_millis()).unwrap_or(u64::MAX),
    };
    Some(match row.phase {
        Phase::Completed | Phase::Skipped => AuditEvent::RemediationCompleted(result),
        _ => AuditEvent::RemediationFailed(result),
    })
}

/// Whether a request may have ended before its execution has. The answer to its
/// creation may have been lost.
#[must_use]
pub fn is_execution_left(phase: Phase, status: &RemediationStatus) -> bool {
    status.target_reserved_at.is_some() && matches!(phase, Phase::TimedOut | Phase::Cancelled)
}

fn last_phase(outcome: Outcome) -> Phase {
    match outcome {
        Outcome::Remediated | Outcome::WorkflowNotNeeded => Phase::Completed,
        Outcome::RecentlyRemediated => Phase::Skipped,
        Outcome::TimedOut => Phase::TimedOut,
        Outcome::Cancelled => Phase::Cancelled,
        Outcome::ProcessingFailed
        | Outcome::AnalysisFailed
        | Outcome::ApprovalRejected
        | Outcome::ApprovalExpired
        | Outcome::ExecutionNotBegun
        | Outcome::ExecutionFailed => Phase::Failed,
    }
}
