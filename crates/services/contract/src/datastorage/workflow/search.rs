//! Finding the workflows that fit a signal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Priority, WorkflowSummary, schema};
use crate::datastorage::Severity;

/// A search for the workflows that fit a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowSearch {
    /// The kind of signal.
    #[schema(schema_with = schema::text, example = "OOMKilled")]
    pub signal_type: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is affected.
    #[schema(schema_with = schema::text, example = "deployment")]
    pub component: String,
    /// Where.
    #[schema(schema_with = schema::text, example = "production")]
    pub environment: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Custom labels, defined by the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = schema::custom)]
    pub custom_labels: BTreeMap<String, String>,
    /// Detected labels, found by signalprocessing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = schema::detected)]
    pub detected_labels: BTreeMap<String, String>,
    /// The smallest score of a result, 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub min_score: Option<f64>,
    /// The largest number of results, 10 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub top_k: Option<u32>,
    /// The correlation id of the search's audit event; the request id if not
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: Option<String>,
}

impl WorkflowSearch {
    /// The smallest score of a result.
    #[must_use]
    pub fn min_score(&self) -> f64 {
        self.min_score.unwrap_or(0.0)
    }

    /// The largest number of results.
    #[must_use]
    pub fn top_k(&self) -> u32 {
        self.top_k.unwrap_or(10)
    }
}

/// The workflows that fit a signal, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowMatches {
    /// The best workflows, at most `top_k`.
    pub data: Vec<WorkflowMatch>,
    /// How many workflows fit and have at least `min_score`.
    pub total: u64,
}

/// A workflow that fits a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowMatch {
    /// Its rank, from 1.
    #[schema(minimum = 1)]
    pub rank: u32,
    /// How well it fits, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
    /// The workflow, without its content.
    pub workflow: WorkflowSummary,
}
