//! For unit tests: workflows and signals to find them by.

use std::sync::LazyLock;

use contract::datastorage::{
    Definition, LabelPattern, Labels, NewWorkflow, Priority, Severity, WorkflowQuery,
    WorkflowSearch, WorkflowStatus, WorkflowSummary,
};
use kit::Violation;
use kit::check::Schema;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::input;

/// A workflow as JSON, with the required fields only.
pub(crate) fn sent(name: &str, version: &str) -> Value {
    json!({
        "name": name,
        "version": version,
        "title": "Restart the pod",
        "description": "Deletes the pod, so that its owner makes a new one.",
        "labels": {
            "signal_type": "OOMKilled",
            "severity": "critical",
            "component": "pod",
            "environment": "production",
            "priority": "P0",
        },
        "content": [
            { "type": "http", "method": "DELETE", "url": "http://cluster/pods/{{pod}}" },
            { "type": "wait", "for": "10s" },
        ],
    })
}

/// A signal as JSON, which [`sent`] fits in every label.
pub(crate) fn signal() -> Value {
    sent("", "")["labels"].clone()
}

/// The same with another value in one field, which may be `labels.severity`.
pub(crate) fn with(mut value: Value, field: &str, other: Value) -> Value {
    *field.split('.').fold(&mut value, |value, name| &mut value[name]) = other;
    value
}

static WORKFLOW: LazyLock<Schema> = LazyLock::new(Schema::of::<NewWorkflow>);
static SEARCH: LazyLock<Schema> = LazyLock::new(Schema::of::<WorkflowSearch>);

/// Violations, a line each.
pub(crate) fn lines(violations: &[Violation]) -> String {
    let lines: Vec<_> = violations
        .iter()
        .map(|violation| format!("{} {}", violation.field, violation.message))
        .collect();
    lines.join("\n")
}

fn read(sent: &Value) -> Result<NewWorkflow, Vec<Violation>> {
    WORKFLOW.read(sent.clone()).and_then(input::workflow)
}

/// The violations of a workflow, a line each.
pub(crate) fn refused_workflow(sent: &Value) -> String {
    lines(&read(sent).expect_err("the workflow breaks rules"))
}

/// Reads a valid workflow.
pub(crate) fn workflow(sent: &Value) -> NewWorkflow {
    read(sent).expect("a good workflow")
}

/// The violations of a search, a line each.
pub(crate) fn refused_search(sent: &Value) -> String {
    lines(&SEARCH.read::<WorkflowSearch>(sent.clone()).expect_err("the search breaks rules"))
}

/// Reads a valid search.
pub(crate) fn search(sent: &Value) -> WorkflowSearch {
    SEARCH.read(sent.clone()).expect("a good search")
}

/// A query of everything.
pub(crate) fn everything() -> WorkflowQuery {
    WorkflowQuery { limit: Some(1000), ..WorkflowQuery::default() }
}

/// Labels that fit any signal.
pub(crate) fn any_labels() -> Labels {
    Labels {
        signal_type: LabelPattern::Any,
        severity: LabelPattern::<Severity>::Any,
        component: LabelPattern::Any,
        environment: LabelPattern::Any,
        priority: LabelPattern::<Priority>::Any,
    }
}

/// A version in the catalog.
pub(crate) fn stored(definition: Definition) -> WorkflowSummary {
    let moment = OffsetDateTime::UNIX_EPOCH;
    WorkflowSummary {
        workflow_id: Uuid::now_v7(),
        definition,
        content_hash: "0".repeat(64),
        status: WorkflowStatus::Active,
        status_reason: None,
        is_latest: true,
        previous_version: None,
        created_at: moment,
        updated_at: moment,
    }
}
