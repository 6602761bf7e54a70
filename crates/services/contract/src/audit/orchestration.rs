//! What the trail is told of remediation requests.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::aianalysis::ApprovalReason;
use crate::datastorage::Priority;
use crate::remediationorchestrator::RemediationOutcome;
use crate::signalprocessing::{SignalSeverity, Target};

/// A request that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemediationStart {
    /// What makes its signal the same as others.
    pub fingerprint: String,
    /// What is wrong.
    pub name: String,
    /// How bad it is.
    pub severity: SignalSeverity,
    /// What is affected.
    pub target: Target,
}

/// Somebody is asked to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalQuestion {
    /// To this workflow.
    pub workflow_id: Uuid,
    /// Why.
    pub reasons: Vec<ApprovalReason>,
    /// Until when they can.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Somebody's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalAnswer {
    /// Who has answered.
    pub decided_by: String,
    /// What they said besides.
    pub comment: Option<String>,
}

/// Nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredApproval {
    /// When it was too late.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// A request that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemediationResult {
    /// What it has come to.
    pub outcome: RemediationOutcome,
    /// The same for people.
    pub message: String,
    /// Where it happened, if that was found.
    pub environment: Option<String>,
    /// How urgent it was, if that was found.
    pub priority: Option<Priority>,
    /// The workflow that was chosen, if one was.
    pub workflow_id: Option<Uuid>,
    /// How many signals there were after the first one.
    pub repetitions: u32,
    /// How long it took.
    pub duration_ms: u64,
}
