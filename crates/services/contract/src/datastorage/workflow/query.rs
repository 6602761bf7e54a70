//! A query of the catalog.

use super::{LabelPattern, Priority, WorkflowStatus};
use crate::datastorage::Severity;

/// Filters and page of a list of workflows. A filter of `None` selects
/// everything; the default `limit` is 100.
#[derive(Clone, Debug, Default)]
pub struct WorkflowQuery {
    /// Only versions of this workflow.
    pub name: Option<String>,
    /// Only with this status.
    pub status: Option<WorkflowStatus>,
    /// Only the latest version of each workflow, or only the others.
    pub is_latest: Option<bool>,
    /// Only with this label; `Any` selects workflows whose label is `*`.
    pub signal_type: Option<LabelPattern<String>>,
    /// Only with this very label.
    pub severity: Option<LabelPattern<Severity>>,
    /// Only with this very label.
    pub component: Option<LabelPattern<String>>,
    /// Only with this very label.
    pub environment: Option<LabelPattern<String>>,
    /// Only with this very label.
    pub priority: Option<LabelPattern<Priority>>,
    /// The largest number of workflows, 1 to 1000.
    pub limit: Option<u32>,
    /// How many workflows to skip.
    pub offset: Option<u64>,
}

impl WorkflowQuery {
    /// The names and values of the query string, not yet escaped.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("name", self.name.clone()),
            ("status", self.status.map(|status| status.to_string())),
            ("is_latest", self.is_latest.map(|is_latest| is_latest.to_string())),
            ("signal_type", self.signal_type.as_ref().map(|signal_type| signal_type.to_string())),
            ("severity", self.severity.as_ref().map(|severity| severity.to_string())),
            ("component", self.component.as_ref().map(|component| component.to_string())),
            ("environment", self.environment.as_ref().map(|environment| environment.to_string())),
            ("priority", self.priority.as_ref().map(|priority| priority.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("offset", self.offset.map(|offset| offset.to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
