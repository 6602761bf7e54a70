//! Workflows as the catalog stores them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Definition, Step, WorkflowStatus};
use crate::page::Page;

/// A version of a workflow in the catalog, without its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowSummary {
    /// The id of this version.
    pub workflow_id: Uuid,
    /// The author's description.
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
    /// When its status was last set, in UTC; initially the time of creation.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A version of a workflow in the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Workflow {
    /// All fields but the content.
    #[serde(flatten)]
    pub summary: WorkflowSummary,
    /// What it does, step by step.
    pub content: Vec<Step>,
}

/// One page of the catalog, newest first.
pub type WorkflowPage = Page<WorkflowSummary>;

/// A change of a version's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusChange {
    /// The new status; every status may follow every other.
    pub status: WorkflowStatus,
    /// Why the status is changed.
    #[schema(min_length = 1, max_length = 500)]
    pub status_reason: String,
}
