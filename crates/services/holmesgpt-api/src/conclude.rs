//! What an analysis comes to.

use contract::datastorage::WorkflowSummary;
use contract::holmesgpt::{
    Alternative, Analysis, HumanReviewReason, RootCause, SelectedWorkflow, ValidationAttempt,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{Proposal, Verdict};

/// The answers of the model so far.
#[derive(Debug, Default)]
pub struct Attempts {
    done: Vec<ValidationAttempt>,
    /// The last answer that could be read.
    pub proposal: Option<Proposal>,
    /// Why the last answer cannot be used.
    pub reason: Option<HumanReviewReason>,
}

impl Attempts {
    /// Adds an answer, with what is wrong with it.
    pub fn add(&mut self, attempt: u32, workflow_id: Option<Uuid>, errors: Vec<String>) {
        let (is_valid, at) = (errors.is_empty(), OffsetDateTime::now_utc());
        self.done.push(ValidationAttempt { attempt, workflow_id, is_valid, errors, at });
    }

    /// What follows from an answer that can be used. Below a confidence of
    /// `min_confidence` a person has to look at the workflow.
    #[must_use]
    pub fn conclude(
        self,
        proposal: Proposal,
        selected_workflow: Option<SelectedWorkflow>,
        min_confidence: f64,
        offered: &[WorkflowSummary],
        warnings: Vec<String>,
    ) -> Analysis {
        let reason = match proposal.verdict {
            Verdict::Inconclusive => Some(HumanReviewReason::InvestigationInconclusive),
            Verdict::NoWorkflow => Some(HumanReviewReason::NoMatchingWorkflows),
            Verdict::Remedy if proposal.confidence < min_confidence => {
                Some(HumanReviewReason::LowConfidence)
            }
            Verdict::Remedy | Verdict::NotNeeded => None,
        };
        let selected_id = selected_workflow.as_ref().map(|selected| selected.workflow_id);
        let others =
            proposal.alternatives.iter().filter(|other| Some(other.workflow_id) != selected_id);
        let alternatives = others.filter_map(|other| {
            // What was not offered is not passed on.
            let workflow = offered.iter().find(|known| known.workflow_id == other.workflow_id)?;
            Some(Alternative {
                workflow_id: workflow.workflow_id,
                name: workflow.definition.name.clone(),
                version: workflow.definition.version.clone(),
                rationale: other.rationale.clone(),
            })
        });
        Analysis {
            alternatives: alternatives.collect(),
            selected_workflow,
            needs_human_review: reason.is_some(),
            human_review_reason: reason,
            ..self.analysis(Some(proposal), warnings)
        }
    }

    /// What follows if no answer can be used.
    #[must_use]
    pub fn exhausted(mut self, warnings: Vec<String>) -> Analysis {
        let proposal = self.proposal.take();
        self.analysis(proposal, warnings)
    }

    /// An analysis without a workflow, which a person has to look at.
    fn analysis(self, proposal: Option<Proposal>, warnings: Vec<String>) -> Analysis {
        let confidence = proposal.as_ref().map_or(0.0, |proposal| proposal.confidence);
        let root_cause = proposal.map(|proposal| RootCause {
            summary: proposal.root_cause,
            contributing_factors: proposal.contributing_factors,
        });
        Analysis {
            root_cause: root_cause.unwrap_or_default(),
            confidence,
            selected_workflow: None,
            alternatives: Vec::new(),
            validation_attempts: self.done,
            needs_human_review: true,
            human_review_reason: self.reason,
            warnings,
        }
    }
}
