//! Executions of workflows.

mod cancel;
mod plan;
mod resource;

pub use cancel::{CancelExecution, Cancellation};
pub use plan::{HttpMethod, StepAction};
pub use resource::{
    ExecutedStep, ExecutedWorkflow, ExecutionFailure, ExecutionPhase, ExecutionSpec,
    ExecutionStatus, FailureReason, WaitReason, Waiting, WorkflowExecutions,
};
