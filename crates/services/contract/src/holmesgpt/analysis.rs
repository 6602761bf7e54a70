//! What an analysis finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words;

/// What an analysis has found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Analysis {
    /// What is wrong, and why.
    pub root_cause: RootCause,
    /// How sure the model is, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    /// The workflow to run. With [`needs_human_review`](Self::needs_human_review) it
    /// is a proposal.
    pub selected_workflow: Option<SelectedWorkflow>,
    /// Workflows that may be run instead, best first.
    pub alternatives: Vec<Alternative>,
    /// The model's answers, and what is wrong with each.
    pub validation_attempts: Vec<ValidationAttempt>,
    /// Whether a person has to look at it before anything is done.
    pub needs_human_review: bool,
    /// Why a person has to.
    pub human_review_reason: Option<HumanReviewReason>,
    /// What makes the analysis less reliable, for people.
    pub warnings: Vec<String>,
}

/// What is wrong, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RootCause {
    /// In a sentence or two.
    pub summary: String,
    /// What contributes to it.
    pub contributing_factors: Vec<String>,
}

/// A workflow of the catalog with values for its parameters, which fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SelectedWorkflow {
    /// The id of its version.
    pub workflow_id: Uuid,
    /// Its name.
    pub name: String,
    /// The version's name.
    pub version: String,
    /// The image that runs it, if it needs one.
    pub container_image: Option<String>,
    /// The parameters.
    #[schema(value_type = Object)]
    pub parameters: BTreeMap<String, Value>,
    /// Why it was chosen.
    pub rationale: String,
}

/// A workflow that may be run instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alternative {
    /// The id of its version.
    pub workflow_id: Uuid,
    /// Its name.
    pub name: String,
    /// The version's name.
    pub version: String,
    /// Why it may be chosen.
    pub rationale: String,
}

/// An answer of the model, compared with the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValidationAttempt {
    /// Its number, from 1.
    pub attempt: u32,
    /// The workflow that it chooses, if it could be read and chooses one.
    pub workflow_id: Option<Uuid>,
    /// Whether it can be used.
    pub is_valid: bool,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// When it came.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

words! {
    /// Why a person has to look at an analysis.
    pub enum HumanReviewReason in "PascalCase" {
        /// The catalog does not have the workflow that the model chose.
        WorkflowNotFound,
        /// The workflow that the model chose must not be used now.
        WorkflowNotActive,
        /// The workflow that the model chose is not for such signals.
        WorkflowNotOffered,
        /// The image that the model named is not that of the workflow.
        ImageMismatch,
        /// The parameters are not what the workflow takes.
        ParameterValidationFailed,
        /// No workflow of the catalog fits.
        NoMatchingWorkflows,
        /// The model is not sure enough.
        LowConfidence,
        /// The model's answers could not be read.
        ModelAnswerInvalid,
        /// The model has found no root cause.
        InvestigationInconclusive,
    }
}
