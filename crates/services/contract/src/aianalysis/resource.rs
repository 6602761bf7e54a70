//! The analysis of an incident.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::holmesgpt::{Analysis, HumanReviewReason, Incident, PreviousExecution};
use crate::{schema, words};

/// An incident to analyze.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalysisSpec {
    /// Its name, a lower-case DNS label.
    #[schema(value_type = schema::Label, example = "ai-rr-0123456789ab-1700000000")]
    pub name: String,
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// The incident.
    pub incident: Incident,
    /// Which attempt at a remedy it is for, from 1.
    #[serde(default = "first")]
    #[schema(minimum = 1, maximum = 100)]
    pub attempt: u32,
    /// The workflows that have run without success, oldest first; there are some
    /// from the second attempt on.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub previous_executions: Vec<PreviousExecution>,
}

/// What is known of an analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalysisStatus {
    /// How often holmesgpt-api was called.
    pub calls: u32,
    /// What it has found.
    pub analysis: Option<Analysis>,
    /// Whether somebody has to agree before the workflow is run.
    pub approval: Option<ApprovalNeed>,
    /// What the analysis has come to.
    pub reason: Option<AnalysisReason>,
    /// Why a person has to look at it, if the reason is
    /// [`WorkflowResolutionFailed`](AnalysisReason::WorkflowResolutionFailed).
    pub sub_reason: Option<HumanReviewReason>,
    /// The same for people; while the analysis waits, what it waits for.
    pub message: Option<String>,
}

/// Whether somebody has to agree, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalNeed {
    /// Whether somebody has to.
    pub required: bool,
    /// Why; empty if nobody has to.
    pub reasons: Vec<ApprovalReason>,
}

words! {
    /// Why somebody has to agree.
    pub enum ApprovalReason in "PascalCase" {
        /// It is production.
        Production,
        /// Several remedies have failed.
        RepeatedAttempts,
        /// What is known of the target is incomplete, or the analysis has warnings.
        DataQuality,
    }
}

words! {
    /// What an analysis has come to.
    pub enum AnalysisReason in "PascalCase" {
        /// There is a workflow to run.
        WorkflowSelected,
        /// Nothing has to be done.
        WorkflowNotNeeded,
        /// A person has to look at it.
        WorkflowResolutionFailed,
        /// No workflow was chosen, and nobody is sure that none is needed.
        NoWorkflowSelected,
        /// holmesgpt-api has refused the call.
        InvestigationRefused,
        /// holmesgpt-api did not answer, however often it was called.
        RetriesExhausted,
    }
}

crate::phases! {
    /// How far an analysis is.
    pub enum AnalysisPhase, ending in [Completed, Failed] {
        /// It was accepted.
        Pending,
        /// The root cause and a workflow are looked for.
        Investigating,
        /// It is decided what follows from them.
        Analyzing,
        /// It is known what to do.
        Completed,
        /// It is not.
        Failed,
    }
}

crate::resource_kind! {
    /// Incidents that are analyzed.
    pub AiAnalyses: "aianalysis" at "/api/v1/aianalyses",
    spec: AnalysisSpec, correlated by correlation_id,
    phase: AnalysisPhase,
    status: AnalysisStatus,
}

fn first() -> u32 {
    1
}
