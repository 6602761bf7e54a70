//! The workflows that fit an incident, and whether a choice of them may be run.

use std::time::Duration;

use contract::datastorage::{
    GetWorkflow, SearchWorkflows, Workflow, WorkflowSearch, WorkflowStatus, WorkflowSummary,
};
use contract::holmesgpt::{HumanReviewReason, SelectedWorkflow};
use kit::{Peer, PeerError, Problem};
use uuid::Uuid;

use crate::RETRY_AFTER;
use crate::analyze::Case;
use crate::config::Limits;
use crate::model::Choice;

/// The catalog of workflows.
#[derive(Debug)]
pub struct Catalog {
    datastorage: Peer,
    budget: Duration,
    candidates: u32,
}

/// A rule that a choice breaks: what that means for the analysis, and what is wrong.
pub type Mistake = (HumanReviewReason, String);

impl Catalog {
    /// The catalog at this DataStorage.
    #[must_use]
    pub fn new(datastorage: Peer, limits: &Limits) -> Self {
        Self { datastorage, budget: limits.catalog_budget, candidates: limits.candidates }
    }

    /// The workflows that fit, best first. If the catalog cannot be searched for such
    /// an incident, that is a warning.
    ///
    /// # Errors
    ///
    /// 503 when the catalog cannot be used.
    pub async fn search(
        &self,
        case: &Case<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<WorkflowSummary>, Problem> {
        let incident = case.incident;
        let search = WorkflowSearch {
            signal_type: incident.signal.name.clone(),
            severity: incident.severity,
            component: incident.signal.target.kind.clone(),
            environment: incident.environment.clone(),
            priority: incident.priority,
            custom_labels: [].into(),
            detected_labels: incident.detected_labels.clone(),
            min_score: None,
            top_k: Some(self.candidates),
            correlation_id: Some(case.correlation_id.to_owned()),
        };
        let call = self.datastorage.call::<SearchWorkflows>().body(&search);
        match call.retry_within(self.budget).send().await {
            Ok(found) => Ok(found.data.into_iter().map(|found| found.workflow).collect()),
            // The catalog has no labels like these, so no workflow has.
            Err(error @ PeerError::Refused { status: 400, .. }) => {
                warnings.push(format!("the catalog cannot be searched for this signal: {error}"));
                Ok(Vec::new())
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The workflow with this id, as it is now.
    ///
    /// # Errors
    ///
    /// 503 when the catalog cannot be used.
    pub async fn workflow(&self, id: Uuid) -> Result<Option<Workflow>, Problem> {
        let id = id.to_string();
        let path = [id.as_str()];
        let call = self.datastorage.call::<GetWorkflow>().path(&path);
        match call.retry_within(self.budget).send().await {
            Ok(workflow) => Ok(Some(workflow)),
            Err(PeerError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// The workflow that a model has chosen, given the one of the catalog with its id and
/// those that the model was offered.
///
/// # Errors
///
/// All rules that the choice breaks.
pub fn validate(
    choice: &Choice,
    workflow: Option<Workflow>,
    offered: &[WorkflowSummary],
) -> Result<SelectedWorkflow, Vec<Mistake>> {
    use HumanReviewReason::{
        ImageMismatch, ParameterValidationFailed, WorkflowNotActive, WorkflowNotFound,
        WorkflowNotOffered,
    };

    let id = choice.workflow_id;
    let Some(Workflow { summary: WorkflowSummary { status, definition, .. }, .. }) = workflow
    else {
        return Err(vec![(WorkflowNotFound, format!("the catalog has no workflow {id}"))]);
    };
    let mut mistakes = Vec::new();
    if status != WorkflowStatus::Active {
        mistakes.push((WorkflowNotActive, format!("workflow {id} is {status}")));
    }
    if !offered.iter().any(|offered| offered.workflow_id == id) {
        mistakes.push((WorkflowNotOffered, format!("workflow {id} is not for such signals")));
    }
    if choice.container_image.is_some() && choice.container_image != definition.container_image {
        let image = definition.container_image.as_deref().unwrap_or("none");
        let what = format!("container_image is not that of workflow {id}: {image}");
        mistakes.push((ImageMismatch, what));
    }
    let errors = definition.check_parameters(&choice.parameters).err().unwrap_or_default();
    mistakes.extend(errors.into_iter().map(|error| (ParameterValidationFailed, error)));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(SelectedWorkflow {
        workflow_id: id,
        name: definition.name,
        version: definition.version,
        container_image: definition.container_image,
        parameters: choice.parameters.clone(),
        rationale: choice.rationale.clone(),
    })
}

fn unavailable(error: &PeerError) -> Problem {
    let wait = error.retry_after().unwrap_or(RETRY_AFTER);
    Problem::unavailable(format!("the catalog cannot be used: {error}"), wait)
}
