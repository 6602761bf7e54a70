//! For unit tests: workflows and signals to find them by.

use contract::datastorage::{
    Definition, LabelPattern, Labels, NewWorkflow, Priority, Severity, WorkflowSearch,
    WorkflowStatus, WorkflowSummary,
};
use kit::FromInput;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::input::WorkflowInput;
use super::search::SearchInput;

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

/// The violations of a body, a line each.
pub(crate) fn refused<T: FromInput>(body: &Value) -> String {
    let violations = kit::check::from_json::<T>(body).err().expect("the body breaks rules");
    let lines: Vec<_> = violations
        .iter()
        .map(|violation| format!("{} {}", violation.field, violation.message))
        .collect();
    lines.join("\n")
}

/// Reads a valid workflow.
pub(crate) fn workflow(sent: &Value) -> NewWorkflow {
    kit::check::from_json::<WorkflowInput>(sent).expect("a good workflow").0
}

/// Reads a valid search.
pub(crate) fn search(sent: &Value) -> WorkflowSearch {
    kit::check::from_json::<SearchInput>(sent).expect("a good search").0
}

/// A page that is large enough for everything.
pub(crate) const EVERYTHING: kit::Page = kit::Page { limit: 1000, offset: 0 };

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
