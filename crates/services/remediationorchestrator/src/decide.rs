//! What people decide.

use contract::AuditEvent;
use contract::audit::ApprovalAnswer;
use contract::remediationorchestrator::{
    ApprovalDecision, ApprovalState, RemediationOutcome as Outcome, RemediationPhase as Phase,
    RemediationRequests,
};
use contract::resource::Phase as _;
use contract::workflowexecution::Cancellation;
use kit::Problem;
use kit::resource::Row;

use crate::rules::Remediation;
use crate::step::{Step, end};

/// Somebody agrees to the workflow, or does not.
///
/// # Errors
///
/// A conflict if nobody is asked, somebody has answered already, or it is too late.
pub fn approval(
    _: &Remediation,
    row: &Row<RemediationRequests>,
    decision: ApprovalDecision,
) -> Result<Step, Problem> {
    let name = &row.spec.name;
    let asked = row.status.approval.as_ref().filter(|_| row.phase == Phase::AwaitingApproval);
    let Some(asked) = asked else {
        return Err(Problem::conflict(format!("nobody is asked: {name} is {}", row.phase)));
    };
    if asked.state != ApprovalState::Requested {
        return Err(Problem::conflict(format!("{name} is {} already", asked.state)));
    }
    let deadline = row.status.deadline.unwrap_or(asked.expires_at);
    if asked.expires_at.min(deadline) <= row.now {
        return Err(Problem::conflict(format!("it is too late to answer about {name}")));
    }
    let ApprovalDecision { approved, decided_by, comment } = decision;
    let answer = ApprovalAnswer { decided_by: decided_by.clone(), comment: comment.clone() };
    let (state, event) = if approved {
        (ApprovalState::Approved, AuditEvent::ApprovalApproved(answer))
    } else {
        (ApprovalState::Rejected, AuditEvent::ApprovalRejected(answer))
    };
    let mut answered = row.clone();
    if let Some(approval) = &mut answered.status.approval {
        approval.state = state;
        approval.comment = comment;
        approval.decided_by = Some(decided_by.clone());
    }
    Ok(if approved {
        answered.stay().tell(event)
    } else {
        let message = format!("{decided_by} has not agreed to the workflow");
        end(&answered, Outcome::ApprovalRejected, message, Some(event))
    })
}

/// Ends a request early, if it has not ended.
///
/// # Errors
///
/// A conflict if it has.
pub fn cancel(
    _: &Remediation,
    row: &Row<RemediationRequests>,
    cancellation: Cancellation,
) -> Result<Step, Problem> {
    if row.phase.is_final() {
        let name = &row.spec.name;
        return Err(Problem::conflict(format!("{name} is {} already", row.phase)));
    }
    Ok(end(row, Outcome::Cancelled, cancellation.reason, None))
}
