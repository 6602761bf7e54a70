//! What is to be analyzed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Schema;
use uuid::Uuid;

use crate::datastorage::{Priority, Severity};
use crate::schema;
use crate::signalprocessing::Signal;

/// An incident that nothing was done about yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentRequest {
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// The incident.
    pub incident: Incident,
}

/// An incident that a workflow has not remedied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryRequest {
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// The incident.
    pub incident: Incident,
    /// Which attempt at a remedy this is for; the first one is no recovery.
    #[schema(minimum = 2, maximum = 100)]
    pub attempt: u32,
    /// The workflows that have run without success, oldest first.
    #[schema(min_items = 1, max_items = 100)]
    pub previous_executions: Vec<PreviousExecution>,
}

/// A signal with what signalprocessing has decided about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// The signal.
    pub signal: Signal,
    /// Where it happened.
    #[schema(min_length = 1, max_length = 100, example = "production")]
    pub environment: String,
    /// How bad it is.
    pub severity: Severity,
    /// How urgent it is.
    pub priority: Priority,
    /// What acts on the target.
    #[serde(default)]
    #[schema(schema_with = detected)]
    pub detected_labels: BTreeMap<String, String>,
    /// Whether the inventory had no entry of the target.
    #[serde(default)]
    pub degraded_mode: bool,
}

/// A workflow that has run without success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviousExecution {
    /// The workflow's version in the catalog.
    pub workflow_id: Uuid,
    /// Why it failed.
    #[schema(min_length = 1, max_length = 1000)]
    pub failure: String,
}

fn detected() -> Schema {
    schema::texts(20, 63, 63)
}
