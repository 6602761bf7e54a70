//! A query of the catalog.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{LabelPattern, Priority, WorkflowStatus, schema};
use crate::datastorage::Severity;
use crate::page::PageRequest;
use crate::schema as forms;

/// Filters and page of a list of workflows. Filters are combined with "and"; a
/// filter of `None` selects everything. A label is compared literally: `*`
/// selects workflows whose label is `*`. The search finds the workflows that fit
/// a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WorkflowQuery {
    /// Only versions of this workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<forms::Label>, inline)]
    pub name: Option<String>,
    /// Only with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub status: Option<WorkflowStatus>,
    /// Only the latest version of each workflow, or only the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_latest: Option<bool>,
    /// Only with this label; `*` selects workflows whose label is `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = schema::wanted_text, required = false)]
    pub signal_type: Option<LabelPattern<String>>,
    /// Only with this label: a severity or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = schema::wanted_severity, required = false)]
    pub severity: Option<LabelPattern<Severity>>,
    /// Only with this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = schema::wanted_text, required = false)]
    pub component: Option<LabelPattern<String>>,
    /// Only with this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = schema::wanted_text, required = false)]
    pub environment: Option<LabelPattern<String>>,
    /// Only with this label: a priority or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = schema::wanted_priority, required = false)]
    pub priority: Option<LabelPattern<Priority>>,
    /// How many workflows the page may have, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// How many workflows to skip, 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    pub offset: Option<u64>,
}

impl WorkflowQuery {
    /// The page that it asks for.
    #[must_use]
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }
}
