//! The audit events of changes of the catalog, stored in the commit that they
//! tell of.

use contract::datastorage::{
    Category, Essentials, NewEvent, Outcome, WorkflowStatus, WorkflowSummary,
};
use serde_json::json;

/// The event of a new version.
pub(super) fn created(workflow: &WorkflowSummary, correlation_id: &str) -> NewEvent {
    let data = json!({
        "name": workflow.definition.name,
        "version": workflow.definition.version,
        "previous_version": workflow.previous_version,
        "content_hash": workflow.content_hash,
    });
    event("workflow.catalog.created", "created", workflow, correlation_id, data)
}

/// The event of a status change.
pub(super) fn status_changed(
    workflow: &WorkflowSummary,
    before: WorkflowStatus,
    correlation_id: &str,
) -> NewEvent {
    let data = json!({
        "name": workflow.definition.name,
        "version": workflow.definition.version,
        "from": before,
        "to": workflow.status,
        "reason": workflow.status_reason,
    });
    event("workflow.catalog.status_changed", "status_changed", workflow, correlation_id, data)
}

fn event(
    event_type: &str,
    action: &str,
    workflow: &WorkflowSummary,
    correlation_id: &str,
    data: serde_json::Value,
) -> NewEvent {
    let outcome = Outcome::Success;
    let category = Category::Workflow;
    NewEvent::new(Essentials { event_type, category, action, outcome, correlation_id, data })
        .with_actor("service", "datastorage")
        .with_resource("workflow", workflow.workflow_id.to_string())
}
