//! What is asked of other services for a request.
//!
//! Names are derived from the request's, so that what was asked before a crash is
//! answered as equal after it.

use contract::Endpoint;
use contract::aianalysis::AnalysisSpec;
use contract::holmesgpt::{Incident, PreviousExecution, SelectedWorkflow};
use contract::notification::{CreateNotification, DeleteNotification};
use contract::remediationorchestrator::{Children, RemediationRequests};
use contract::resource::{Create, Delete, Get, Kind, Resource};
use contract::signalprocessing::{ProcessingSpec, ProcessingStatus};
use contract::workflowexecution::{CancelExecution, Cancellation, ExecutionSpec};
use kit::resource::Row;
use kit::{Peer, PeerError};

use crate::notify;
use crate::routing::{Earlier, failures};
use crate::rules::Remediation;

/// The prefixes of the names of children.
const PROCESSING: &str = "sp";
const ANALYSIS: &str = "ai";
const EXECUTION: &str = "we";

/// Where the name of a child is kept.
pub type Slot = fn(&mut Children) -> &mut Option<String>;

/// The longest text of a failure in a later analysis.
const MAX_FAILURE: usize = 1000;

fn named(prefix: &str, request: &str) -> String {
    format!("{prefix}-{request}")
}

/// The signal, to be processed.
#[must_use]
pub fn processing(row: &Row<RemediationRequests>) -> ProcessingSpec {
    let request = &row.spec.name;
    ProcessingSpec {
        name: named(PROCESSING, request),
        correlation_id: request.clone(),
        signal: row.spec.signal.clone(),
    }
}

/// The processed signal, to be analyzed after the failures of earlier requests, the
/// newest first; nothing if it is not classified.
#[must_use]
pub fn analysis(
    row: &Row<RemediationRequests>,
    processed: ProcessingStatus,
    earlier: &[Earlier],
) -> Option<AnalysisSpec> {
    let request = &row.spec.name;
    let (classification, enrichment) = (processed.classification?, processed.enrichment?);
    let mut previous_executions: Vec<_> = failures(earlier).filter_map(previous).collect();
    previous_executions.reverse();
    Some(AnalysisSpec {
        name: named(ANALYSIS, request),
        correlation_id: request.clone(),
        incident: Incident {
            signal: row.spec.signal.clone(),
            environment: classification.environment,
            severity: classification.severity,
            priority: classification.priority,
            detected_labels: enrichment.detected_labels,
            degraded_mode: enrichment.degraded_mode,
        },
        attempt: u32::try_from(previous_executions.len() + 1).unwrap_or(u32::MAX),
        previous_executions,
    })
}

fn previous(request: &Earlier) -> Option<PreviousExecution> {
    let failure = request.message.as_deref().filter(|message| !message.is_empty());
    let failure = failure.unwrap_or("it gave no reason").chars().take(MAX_FAILURE).collect();
    Some(PreviousExecution { workflow_id: request.executed?, failure })
}

/// The workflow, to be executed.
#[must_use]
pub fn execution(row: &Row<RemediationRequests>, workflow: &SelectedWorkflow) -> ExecutionSpec {
    let request = &row.spec.name;
    ExecutionSpec {
        name: named(EXECUTION, request),
        correlation_id: request.clone(),
        workflow_id: workflow.workflow_id,
        target: row.spec.signal.target.clone(),
        parameters: workflow.parameters.clone(),
        timeout: None,
    }
}

impl Remediation {
    /// Asks for a child, or with no spec for how far the one of this name is.
    pub(crate) async fn ask<K: Kind>(
        &self,
        peer: &Peer,
        name: &str,
        spec: Option<&K::Spec>,
    ) -> Result<Resource<K>, PeerError> {
        let within = self.limits.call_timeout;
        match spec {
            Some(spec) => peer.call::<Create<K>>().body(spec).within(within).send().await,
            None => peer.call::<Get<K>>().path(&[name]).within(within).send().await,
        }
    }

    /// Ends the execution of a request, if there is one that has not ended.
    pub(crate) async fn cancel_execution(&self, request: &str, reason: &str) -> anyhow::Result<()> {
        let body = Cancellation { reason: reason.chars().take(500).collect() };
        let name = named(EXECUTION, request);
        let path = [name.as_str()];
        let call = self.peers.workflowexecution.call::<CancelExecution>().path(&path).body(&body);
        match call.within(self.limits.call_timeout).send().await {
            Ok(_) | Err(PeerError::Refused { status: 404 | 409, .. }) => Ok(()),
            Err(error @ PeerError::Refused { .. }) if !error.may_pass() => {
                // It will be refused for ever.
                tracing::error!(execution = name, "it is not ended: {error}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tells people what they are to be told in the request's phase. Returns the name
    /// of the notification, if there is one.
    pub(crate) async fn notify(
        &self,
        row: &Row<RemediationRequests>,
    ) -> Result<Option<String>, PeerError> {
        let Some(spec) = notify::untold(&row.spec, row.phase, &row.status) else {
            return Ok(None);
        };
        let call = self.peers.notification.call::<CreateNotification>().body(&spec);
        match call.within(self.limits.call_timeout).send().await {
            Err(error @ PeerError::Refused { .. }) if !error.may_pass() => {
                // It will be refused for ever.
                tracing::error!(notification = spec.name, "people are not told: {error}");
            }
            answer => {
                answer?;
            }
        }
        Ok(Some(spec.name))
    }

    /// Deletes all that there may be of a request at other services. A crash may have
    /// kept the names from being stored.
    pub(crate) async fn remove_children(&self, request: &str) -> anyhow::Result<()> {
        use contract::aianalysis::AiAnalyses;
        use contract::signalprocessing::SignalProcessings;
        use contract::workflowexecution::WorkflowExecutions;

        let peers = &self.peers;
        self.delete::<Delete<WorkflowExecutions>>(
            &peers.workflowexecution,
            &named(EXECUTION, request),
        )
        .await?;
        self.delete::<Delete<AiAnalyses>>(&peers.aianalysis, &named(ANALYSIS, request)).await?;
        self.delete::<Delete<SignalProcessings>>(
            &peers.signalprocessing,
            &named(PROCESSING, request),
        )
        .await?;
        for name in notify::names(request) {
            self.delete::<DeleteNotification>(&peers.notification, &name).await?;
        }
        Ok(())
    }

    async fn delete<E: Endpoint>(&self, peer: &Peer, name: &str) -> anyhow::Result<()> {
        match peer.call::<E>().path(&[name]).within(self.limits.call_timeout).send().await {
            Ok(_) | Err(PeerError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
