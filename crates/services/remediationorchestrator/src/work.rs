//! What other services do for a request, and what follows from it.

use std::ops::ControlFlow::{self, Break, Continue};

use anyhow::Context as _;
use contract::AuditEvent;
use contract::aianalysis::{AiAnalyses, AnalysisPhase, AnalysisReason, ApprovalReason};
use contract::audit::ApprovalQuestion;
use contract::remediationorchestrator::{
    Approval, ApprovalState, RemediationOutcome as Outcome, RemediationPhase as Phase,
    RemediationRequests,
};
use contract::resource::{Kind, Phase as _, Resource, Spec as _};
use contract::signalprocessing::{ProcessingPhase, ProcessingStatus, SignalProcessings};
use contract::workflowexecution::{ExecutionPhase, WorkflowExecutions};
use kit::resource::{Row, Rows};
use kit::{Peer, PeerError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::children::{self, Slot};
use crate::rules::{Remediation, of_signal};
use crate::step::{Step, end, enter, since};

impl Remediation {
    /// Has the signal enriched and classified.
    pub(crate) async fn processed(&self, mut row: Row<RemediationRequests>) -> Step {
        let processed = match self.processing(&mut row, Outcome::ProcessingFailed).await {
            Continue(processed) => processed,
            Break(step) => return step,
        };
        let mut step = enter(&row, Phase::Analyzing);
        step.status.environment =
            processed.classification.as_ref().map(|it| it.environment.clone());
        step.status.priority = processed.classification.as_ref().map(|it| it.priority);
        step
    }

    /// The processed signal.
    async fn processing(
        &self,
        row: &mut Row<RemediationRequests>,
        otherwise: Outcome,
    ) -> ControlFlow<Step, ProcessingStatus> {
        let slot: Slot = |children| &mut children.signalprocessing;
        let is_new = row.status.children.signalprocessing.is_none();
        let spec = is_new.then(|| children::processing(row));
        let peer = &self.peers.signalprocessing;
        let child = self.child::<SignalProcessings>(row, peer, slot, spec.as_ref(), otherwise);
        let status = child.await?.status;
        let is_whole =
            status.details.classification.is_some() && status.details.enrichment.is_some();
        if status.phase == ProcessingPhase::Completed && is_whole {
            return Continue(status.details);
        }
        let failure = status.details.failure.unwrap_or_else(|| "no classification".to_owned());
        Break(end(row, otherwise, format!("the signal was not processed: {failure}"), None))
    }

    /// Has the root cause and a workflow found.
    pub(crate) async fn analyzed(
        &self,
        mut row: Row<RemediationRequests>,
        others: &Rows<RemediationRequests>,
    ) -> anyhow::Result<Step> {
        let row = &mut row;
        let slot: Slot = |children| &mut children.aianalysis;
        let spec = if row.status.children.aianalysis.is_none() {
            let processed = match self.processing(row, Outcome::AnalysisFailed).await {
                Continue(processed) => processed,
                Break(step) => return Ok(step),
            };
            let earlier = of_signal(row, others).await?;
            Some(children::analysis(row, processed, &earlier).context("nothing was found")?)
        } else {
            None
        };
        let peer = &self.peers.aianalysis;
        let otherwise = Outcome::AnalysisFailed;
        let child = self.child::<AiAnalyses>(row, peer, slot, spec.as_ref(), otherwise);
        let found = match child.await {
            Continue(found) => found,
            Break(step) => return Ok(step),
        };
        let (phase, status) = (found.status.phase, found.status.details);
        let message = status.message.unwrap_or_else(|| "the analysis gave no reason".to_owned());
        let workflow = status.analysis.and_then(|analysis| analysis.selected_workflow);
        match (phase, status.reason, workflow) {
            (AnalysisPhase::Completed, Some(AnalysisReason::WorkflowNotNeeded), _) => {
                Ok(end(row, Outcome::WorkflowNotNeeded, message, None))
            }
            (AnalysisPhase::Completed, _, Some(workflow)) => {
                let mut step = match status.approval {
                    Some(need) if !need.required => row.stay(),
                    Some(need) => self.question(row, workflow.workflow_id, need.reasons),
                    // It does not say whether somebody has to agree, so somebody has to.
                    None => {
                        let reasons = vec![ApprovalReason::DataQuality];
                        self.question(row, workflow.workflow_id, reasons)
                    }
                };
                step.status.workflow = Some(workflow);
                Ok(step)
            }
            _ => Ok(end(row, Outcome::AnalysisFailed, message, None)),
        }
    }

    /// Somebody has to agree to this workflow.
    fn question(
        &self,
        row: &Row<RemediationRequests>,
        workflow_id: Uuid,
        reasons: Vec<ApprovalReason>,
    ) -> Step {
        let expires_at = row.now + self.limits.approval_timeout;
        let question = ApprovalQuestion { workflow_id, reasons: reasons.clone(), expires_at };
        let question = AuditEvent::ApprovalRequested(question);
        let mut step = enter(row, Phase::AwaitingApproval).tell(question);
        step.status.approval = Some(Approval {
            state: ApprovalState::Requested,
            reasons,
            expires_at,
            decided_by: None,
            comment: None,
        });
        step
    }

    /// Has the workflow executed.
    pub(crate) async fn executed(&self, mut row: Row<RemediationRequests>) -> anyhow::Result<Step> {
        let row = &mut row;
        let slot: Slot = |children| &mut children.workflowexecution;
        let workflow = row.status.workflow.clone().context("there is no workflow")?;
        let is_new = row.status.children.workflowexecution.is_none();
        let spec = is_new.then(|| children::execution(row, &workflow));
        let peer = &self.peers.workflowexecution;
        if is_new && self.due(row) <= row.now {
            return Ok(self.timed_out(row));
        }
        // One that there was, and that is not to be had any more, may have done something.
        let otherwise = if is_new { Outcome::ExecutionNotBegun } else { Outcome::ExecutionFailed };
        let child = self.child::<WorkflowExecutions>(row, peer, slot, spec.as_ref(), otherwise);
        let found = match child.await {
            Continue(found) => found,
            Break(step) => return Ok(step),
        };
        let (name, version) = (&workflow.name, &workflow.version);
        let status = found.status.details;
        let (outcome, message) = match (found.status.phase, status.failure) {
            (ExecutionPhase::Completed, _) => {
                (Outcome::Remediated, format!("workflow {name} {version} was executed"))
            }
            (ExecutionPhase::Cancelled, _) => {
                let reason = status.cancellation.unwrap_or_default();
                (Outcome::Cancelled, format!("the execution was cancelled: {reason}"))
            }
            (_, Some(failure)) if !failure.was_execution_failure => {
                let text = format!("workflow {name} {version} did not begin: {}", failure.message);
                (Outcome::ExecutionNotBegun, text)
            }
            (_, failure) => {
                let failure = failure.map(|failure| failure.message).unwrap_or_default();
                (Outcome::ExecutionFailed, format!("workflow {name} {version} failed: {failure}"))
            }
        };
        Ok(end(row, outcome, message, None))
    }

    /// A child that has ended, or else the step that waits for it, or gives up.
    async fn child<K: Kind>(
        &self,
        row: &mut Row<RemediationRequests>,
        peer: &Peer,
        slot: Slot,
        spec: Option<&K::Spec>,
        otherwise: Outcome,
    ) -> ControlFlow<Step, Resource<K>> {
        let name = slot(&mut row.status.children).clone().unwrap_or_default();
        let (message, next) = match self.ask::<K>(peer, &name, spec).await {
            Ok(found) => {
                *slot(&mut row.status.children) = Some(found.spec.name().to_owned());
                if found.status.phase.is_final() {
                    return Continue(found);
                }
                (format!("waits for {}", K::NAME), row.now + self.limits.poll_interval)
            }
            Err(error @ PeerError::Refused { .. }) if !error.may_pass() => {
                return Break(end(row, otherwise, error.to_string(), None));
            }
            Err(error) => (error.to_string(), self.next_poll(row, &error)),
        };
        row.status.message = Some(message);
        let due = self.due(row);
        Break(if due <= row.now { self.timed_out(row) } else { row.stay().at(next.min(due)) })
    }

    /// When to ask again after a failure.
    pub(crate) fn next_poll(
        &self,
        row: &Row<RemediationRequests>,
        error: &PeerError,
    ) -> OffsetDateTime {
        row.now + self.limits.poll_interval.max(error.retry_after().unwrap_or_default())
    }

    /// When a request has taken too long, if it stays in its phase.
    fn due(&self, row: &Row<RemediationRequests>) -> OffsetDateTime {
        let limit = match row.phase {
            Phase::Processing => self.limits.processing_timeout,
            Phase::Analyzing => self.limits.analyzing_timeout,
            _ => self.limits.executing_timeout,
        };
        let due = since(row) + limit;
        row.status.deadline.map_or(due, |deadline| deadline.min(due))
    }

    /// It has taken too long.
    pub(crate) fn timed_out(&self, row: &Row<RemediationRequests>) -> Step {
        let waits = row.status.message.as_deref().unwrap_or("nobody has answered");
        let message = format!("took too long while {}: {waits}", row.phase);
        end(row, Outcome::TimedOut, message, None)
    }
}
