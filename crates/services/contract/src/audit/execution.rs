//! What the trail is told of executions.

use serde::{Deserialize, Serialize};

use crate::datastorage::StepType;
use crate::signalprocessing::Target;
use crate::workflowexecution::{ExecutedWorkflow, ExecutionFailure};

/// An execution that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionStart {
    /// What is executed.
    pub workflow: ExecutedWorkflow,
    /// What it is executed on.
    pub target: Target,
    /// What each step does.
    pub steps: Vec<StepType>,
}

/// An execution that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionResult {
    /// What was executed, if it was found.
    pub workflow: Option<ExecutedWorkflow>,
    /// What it was executed on.
    pub target: Target,
    /// How long it took since its first step was due, if it had begun.
    pub duration_ms: Option<u64>,
    /// The steps that have ended, in their order.
    pub steps: Vec<StepResult>,
    /// Why it failed, if it failed.
    pub failure: Option<ExecutionFailure>,
    /// Why somebody ended it, if somebody did.
    pub cancellation: Option<String>,
}

/// A step that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: StepType,
    /// How long it took.
    pub duration_ms: u64,
    /// The status that it was answered with.
    pub http_status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// Whether it was made again after a process had ended.
    pub repeated: bool,
}
