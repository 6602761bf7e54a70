//! What the trail is told of analyses.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aianalysis::{AnalysisReason, ApprovalReason};
use crate::holmesgpt::HumanReviewReason;

/// A question to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// The model's name.
    pub model: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The kind of signal.
    pub signal_type: String,
    /// The workflows that it may choose from, best first.
    pub workflow_ids: Vec<Uuid>,
}

/// A model's answer, or what came in place of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The model's name.
    pub model: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// How long it took.
    pub duration_ms: u64,
    /// How sure the model is.
    pub confidence: Option<f64>,
    /// The workflow that it chooses.
    pub workflow_id: Option<Uuid>,
    /// Why there is no answer that can be read.
    pub error: Option<String>,
}

/// A choice of a model, compared with the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowValidation {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The workflow that was chosen.
    pub workflow_id: Uuid,
    /// Whether it can be run.
    pub is_valid: bool,
    /// What is wrong.
    pub errors: Vec<String>,
}

/// A call of holmesgpt-api.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvestigationCall {
    /// The path that was called.
    pub endpoint: String,
    /// The number of the call, from 1.
    pub attempt: u32,
    /// What it was answered with; nothing if there was no answer.
    pub http_status: Option<u16>,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// Whether somebody has to agree to a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDecided {
    /// Whether somebody has to.
    pub required: bool,
    /// Why.
    pub reasons: Vec<ApprovalReason>,
    /// Where it is.
    pub environment: String,
    /// Which attempt at a remedy it is for.
    pub attempt: u32,
}

/// What an analysis has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalysisResult {
    /// The reason of its last phase.
    pub reason: AnalysisReason,
    /// More precisely.
    pub sub_reason: Option<HumanReviewReason>,
    /// The same for people.
    pub message: String,
    /// The workflow that was chosen.
    pub workflow_id: Option<Uuid>,
    /// How sure the model is.
    pub confidence: Option<f64>,
}
