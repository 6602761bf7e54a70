//! What the trail is told of the catalog.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::datastorage::{Priority, Severity, WorkflowStatus};

/// A search of the catalog and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResult {
    /// The kind of signal.
    pub signal_type: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is affected.
    pub component: String,
    /// Where.
    pub environment: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Labels of the user's own making.
    pub custom_labels: BTreeMap<String, String>,
    /// Labels that signalprocessing has detected.
    pub detected_labels: BTreeMap<String, String>,
    /// The smallest score of a result.
    pub min_score: f64,
    /// The largest number of results.
    pub top_k: u32,
    /// How many workflows fit.
    pub total: u64,
    /// The best of them.
    pub workflows: Vec<FoundWorkflow>,
}

/// A workflow that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundWorkflow {
    /// Its rank, from 1.
    pub rank: u32,
    /// How well it fits, from 0 to 1.
    pub score: f64,
    /// Which one it is.
    #[serde(flatten)]
    pub workflow: WorkflowVersion,
}

/// A version of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowVersion {
    /// The version's id.
    pub workflow_id: Uuid,
    /// The workflow's name.
    pub name: String,
    /// The version's name.
    pub version: String,
}

/// A change of a version's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStatusChange {
    /// Which one it is.
    #[serde(flatten)]
    pub workflow: WorkflowVersion,
    /// The new status.
    pub status: WorkflowStatus,
    /// Why it was changed.
    pub status_reason: String,
}
