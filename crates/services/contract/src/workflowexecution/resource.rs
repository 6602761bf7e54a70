//! An execution of a workflow.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa::openapi::Schema;
use uuid::Uuid;

use super::StepAction;
use crate::signalprocessing::Target;
use crate::{duration, schema, words};

/// A workflow to execute on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionSpec {
    /// Its name, a lower-case DNS label.
    #[schema(value_type = schema::Label, example = "we-rr-0123456789ab-1700000000")]
    pub name: String,
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// The version of a workflow in the catalog.
    pub workflow_id: Uuid,
    /// What it is executed on. There is one execution at a time on a target.
    pub target: Target,
    /// The values of the workflow's parameters, by name.
    #[serde(default)]
    #[schema(schema_with = parameters)]
    pub parameters: BTreeMap<String, Value>,
    /// How long all steps may take together, at most a day; the service's own limit
    /// if not given.
    #[serde(default, with = "duration::as_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::DurationText>, example = "10m")]
    pub timeout: Option<Duration>,
}

/// What is known of an execution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionStatus {
    /// Why it has not begun yet.
    pub waiting: Option<Waiting>,
    /// When it has reserved the target, which nothing else is executed on until it
    /// has ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub target_reserved_at: Option<OffsetDateTime>,
    /// The workflow, once it was found in the catalog.
    pub workflow: Option<ExecutedWorkflow>,
    /// When the first step was due.
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    /// The steps, with parameters filled in; those that it came to have an end.
    pub steps: Vec<ExecutedStep>,
    /// Why it failed, if it failed.
    pub failure: Option<ExecutionFailure>,
    /// Why somebody ended it, if somebody did.
    pub cancellation: Option<String>,
}

/// Why an execution has not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Which rule holds it up.
    pub reason: WaitReason,
    /// The execution that it waits for or after.
    pub by: String,
    /// Until when, if that is known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

words! {
    /// The rules that may hold an execution up.
    pub enum WaitReason in "PascalCase" {
        /// Another execution has the target.
        TargetBusy,
        /// Another execution on the target has ended a moment ago.
        CoolDown,
    }
}

/// The workflow that is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecutedWorkflow {
    /// The id of the version.
    pub workflow_id: Uuid,
    /// The workflow's name.
    pub name: String,
    /// The version's name.
    pub version: String,
}

/// A step and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutedStep {
    /// What it does.
    pub action: StepAction,
    /// When it began; of several times, the last one.
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// The status that it was answered with.
    pub http_status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// Whether it was made again because the process that was at it has ended
    /// without telling how far it came: its request may have been sent twice.
    pub repeated: bool,
}

/// Why an execution failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionFailure {
    /// The reason.
    pub reason: FailureReason,
    /// The reason, for people.
    pub message: String,
    /// The step that failed, from 1, if one did.
    pub step: Option<u32>,
    /// Whether steps may have had effects: it had begun.
    pub was_execution_failure: bool,
}

words! {
    /// The reasons for which an execution fails.
    pub enum FailureReason in "PascalCase" {
        /// Workflow and parameters do not fit, or the workflow must not be executed.
        ConfigurationError,
        /// A step, or all steps together, took too long.
        DeadlineExceeded,
        /// It was not allowed: 401 or 403.
        Forbidden,
        /// There was not enough of something: 429 or 507.
        ResourceExhausted,
        /// A step came to something else than it should.
        TaskFailed,
        /// Something else.
        Unknown,
    }
}

crate::phases! {
    /// How far an execution is.
    pub enum ExecutionPhase, ending in [Completed, Failed, Cancelled] {
        /// It has not begun.
        Pending,
        /// Its steps are made, one after the other.
        Running,
        /// All steps came to what they should.
        Completed,
        /// It could not begin, or a step failed.
        Failed,
        /// Somebody has ended it.
        Cancelled,
    }
}

crate::resource_kind! {
    /// Executions of workflows.
    pub WorkflowExecutions: "workflowexecution" at "/api/v1/workflowexecutions",
    spec: ExecutionSpec, correlated by correlation_id,
    phase: ExecutionPhase,
    status: ExecutionStatus,
}

/// Values of parameters: the types that the catalog has.
fn parameters() -> Schema {
    schema::from_json(json!({
        "type": "object",
        "description": "The values of the workflow's parameters, by name",
        "maxProperties": 50,
        "propertyNames": { "type": "string", "minLength": 1, "maxLength": 63 },
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "maxLength": 1000,
            "pattern": "^[^\\u0000]*$",
            "x-message":
                "must be a text of at most 1000 characters without U+0000, a number, true or false",
        },
    }))
}
