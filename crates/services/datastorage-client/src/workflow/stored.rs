//! What the catalog keeps of a workflow.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Definition, Step, WorkflowStatus};
use crate::Pagination;

/// A version of a workflow in the catalog, without its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowSummary {
    /// The id of this version.
    pub workflow_id: Uuid,
    /// What its author says of it.
    #[serde(flatten)]
    pub definition: Definition,
    /// SHA-256 of the content as JSON, without spaces and with sorted keys; in
    /// lower-case hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub content_hash: String,
    /// Whether it may be used.
    pub status: WorkflowStatus,
    /// Why it has this status; absent until the status was set for the first
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// Whether it is the version of this name that was created last, whatever
    /// its status.
    pub is_latest: bool,
    /// The version that was the latest when this one was created; absent for
    /// the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_version: Option<String>,
    /// When it was created, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its status was set, in UTC; at first when it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A version of a workflow in the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Workflow {
    /// Everything but the content.
    #[serde(flatten)]
    pub summary: WorkflowSummary,
    /// What it does, step by step.
    pub content: Vec<Step>,
}

/// One page of the catalog, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowPage {
    /// The workflows of this page.
    pub data: Vec<WorkflowSummary>,
    /// Where this page stands in the whole.
    pub pagination: Pagination,
}

/// What can be changed of a version of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusChange {
    /// The status from now on; every status may follow every other.
    pub status: WorkflowStatus,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub status_reason: String,
}
