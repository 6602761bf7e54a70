//! The events of the audit trail, with their payloads.
//!
//! The payloads are in a module for each part of the pipeline; what all have is
//! here.

mod analysis;
mod execution;
mod gateway;
mod notification;
mod orchestration;
mod signalprocessing;
mod table;
mod workflow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::datastorage::{Category, Essentials, NewEvent, Outcome};
use crate::remediationorchestrator::Blocked;
use crate::signalprocessing::Classification;

pub use analysis::{
    AnalysisResult, ApprovalDecided, InvestigationCall, ModelAnswer, ModelRequest,
    WorkflowValidation,
};
pub use execution::{ExecutionResult, ExecutionStart, StepResult};
pub use gateway::{DuplicateSignal, FailedRequest, NewRequest, ReceivedSignal};
pub use notification::Message;
pub use orchestration::{
    ApprovalAnswer, ApprovalQuestion, ExpiredApproval, RemediationResult, RemediationStart,
};
pub use signalprocessing::Enriched;
pub use workflow::{FoundWorkflow, SearchResult, WorkflowStatusChange, WorkflowVersion};

table::events! {
    /// What happened. A variant is one event type with its payload, `event_data`.
    pub enum AuditEvent {
        /// A channel of a notification accepted the message.
        "notification.message.sent" = MessageSent(Message): Notification, Success;
        /// A channel of a notification failed for good.
        "notification.message.failed" = MessageFailed(Message): Notification, Failure;

        /// The catalog was searched.
        "workflow.catalog.search_completed" = SearchCompleted(SearchResult): Workflow, Success;
        /// A version of a workflow was added to the catalog.
        "workflow.catalog.created" = WorkflowCreated(WorkflowVersion): Workflow, Success;
        /// The status of a version was set.
        "workflow.catalog.status_changed" = WorkflowStatusChanged(WorkflowStatusChange):
            Workflow, Success;

        /// What is known of a signal's target was found.
        "signalprocessing.enrichment.completed" = EnrichmentCompleted(Enriched):
            SignalProcessing, Success;
        /// Environment, severity and priority of a signal were decided.
        "signalprocessing.classification.decided" = ClassificationDecided(Classification):
            SignalProcessing, Success;
        /// The processing of a signal came into another phase.
        "signalprocessing.phase.changed" = ProcessingPhaseChanged(PhaseChange):
            SignalProcessing, Success;
        /// A signal is enriched and classified.
        "signalprocessing.processing.completed" = ProcessingCompleted(Classification):
            SignalProcessing, Success;
        /// A signal cannot be processed.
        "signalprocessing.processing.failed" = ProcessingFailed(Reason):
            SignalProcessing, Failure;

        /// A model was asked for the root cause of an incident.
        "analysis.model.requested" = ModelRequested(ModelRequest): Analysis, Pending;
        /// A model has answered, or failed to.
        "analysis.model.answered" = ModelAnswered(ModelAnswer): Analysis, Success;
        /// A workflow that a model chose was compared with the catalog.
        "analysis.workflow.validated" = WorkflowValidated(WorkflowValidation): Analysis, Success;

        /// An analysis came into another phase.
        "aianalysis.phase.changed" = AnalysisPhaseChanged(PhaseChange): Analysis, Success;
        /// holmesgpt-api was called.
        "aianalysis.investigation.called" = InvestigationCalled(InvestigationCall):
            Analysis, Success;
        /// It was decided whether somebody has to agree to the workflow.
        "aianalysis.approval.decided" = ApprovalNeedDecided(ApprovalDecided): Analysis, Success;
        /// It is known what to do.
        "aianalysis.analysis.completed" = AnalysisCompleted(AnalysisResult): Analysis, Success;
        /// It is not known what to do.
        "aianalysis.analysis.failed" = AnalysisFailed(AnalysisResult): Analysis, Failure;

        /// The first step of a workflow is due.
        "workflow.execution.started" = ExecutionStarted(ExecutionStart): Workflow, Pending;
        /// All steps of a workflow came to what they should.
        "workflow.execution.completed" = ExecutionCompleted(ExecutionResult): Workflow, Success;
        /// A workflow could not be executed, or a step failed.
        "workflow.execution.failed" = ExecutionFailed(ExecutionResult): Workflow, Failure;
        /// Somebody has ended an execution.
        "workflow.execution.cancelled" = ExecutionCancelled(ExecutionResult): Workflow, Failure;

        /// A signal came from outside.
        "gateway.signal.received" = SignalReceived(ReceivedSignal): Gateway, Success;
        /// There is a request for such a signal already.
        "gateway.signal.deduplicated" = SignalDeduplicated(DuplicateSignal): Gateway, Success;
        /// A request was made for a signal.
        "gateway.request.created" = RequestCreated(NewRequest): Gateway, Success;
        /// No request could be made for a signal.
        "gateway.request.failed" = RequestFailed(FailedRequest): Gateway, Failure;

        /// A request was accepted.
        "orchestrator.lifecycle.started" = RemediationStarted(RemediationStart):
            Orchestration, Pending;
        /// A request came into another phase.
        "orchestrator.phase.changed" = RemediationPhaseChanged(PhaseChange):
            Orchestration, Success;
        /// Somebody is asked to agree to a workflow.
        "orchestrator.approval.requested" = ApprovalRequested(ApprovalQuestion):
            Orchestration, Pending;
        /// Somebody has agreed.
        "orchestrator.approval.approved" = ApprovalApproved(ApprovalAnswer):
            Orchestration, Success;
        /// Somebody has not agreed.
        "orchestrator.approval.rejected" = ApprovalRejected(ApprovalAnswer):
            Orchestration, Failure;
        /// Nobody has answered in time.
        "orchestrator.approval.expired" = ApprovalExpired(ExpiredApproval):
            Orchestration, Failure;
        /// A rule holds a request up.
        "orchestrator.routing.blocked" = RoutingBlocked(Blocked): Orchestration, Pending;
        /// The signal was remedied, or needed no remedy.
        "orchestrator.lifecycle.completed" = RemediationCompleted(RemediationResult):
            Orchestration, Success;
        /// It was not.
        "orchestrator.lifecycle.failed" = RemediationFailed(RemediationResult):
            Orchestration, Failure;
    }
}

/// A resource came into another phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseChange {
    /// The phase that it was in.
    pub from: String,
    /// The phase that it is in.
    pub to: String,
}

/// Why something has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The reason, for people.
    pub reason: String,
}

impl AuditEvent {
    /// The verb, the last part of the type: `sent`.
    #[must_use]
    pub fn action(&self) -> &'static str {
        let event_type = self.event_type();
        event_type.rsplit_once('.').map_or(event_type, |(_, action)| action)
    }

    /// The payload of a stored or sent event.
    ///
    /// # Errors
    ///
    /// When the type is none of these, or its data are not what it has.
    pub fn of(event: &NewEvent) -> Result<Self, serde_json::Error> {
        let NewEvent { event_type, event_data, .. } = event;
        serde_json::from_value(json!({ "event_type": event_type, "event_data": event_data }))
    }
}

impl NewEvent {
    /// What happened now, as an event with a new id.
    ///
    /// # Panics
    ///
    /// Never: payloads are objects with names as keys.
    pub fn of(event: &AuditEvent, correlation_id: &str) -> Self {
        let whole = serde_json::to_value(event).expect("a payload is an object with named fields");
        Self::new(Essentials {
            event_type: event.event_type(),
            category: event.category(),
            action: event.action(),
            outcome: event.outcome(),
            correlation_id,
            data: whole.get("event_data").cloned().unwrap_or(Value::Null),
        })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
