//! From a row of `workflows` to a workflow.

use contract::datastorage::{Definition, Labels, Workflow, WorkflowSummary};
use kit::database::column::{flag, json, moment, uuid, word};
use kit::database::{Row, StoreError};
use sqlx::Row as _;

/// The columns of a summary: all but the content, which is large and not part
/// of a list.
pub(super) const SUMMARY: &str = "workflow_id, name, version, title, description, owner, \
    maintainer, container_image, container_digest, signal_type, severity, component, environment, \
    priority, custom_labels, detected_labels, parameters, content_hash, status, status_reason, \
    is_latest, previous_version, created_at, updated_at";

pub(super) fn summary(row: &Row) -> Result<WorkflowSummary, StoreError> {
    Ok(WorkflowSummary {
        workflow_id: uuid(row, "workflow_id")?,
        definition: Definition {
            name: row.try_get("name")?,
            version: row.try_get("version")?,
            title: row.try_get("title")?,
            description: row.try_get("description")?,
            owner: row.try_get("owner")?,
            maintainer: row.try_get("maintainer")?,
            container_image: row.try_get("container_image")?,
            container_digest: row.try_get("container_digest")?,
            labels: Labels {
                signal_type: word(row, "signal_type")?,
                severity: word(row, "severity")?,
                component: word(row, "component")?,
                environment: word(row, "environment")?,
                priority: word(row, "priority")?,
            },
            custom_labels: json(row, "custom_labels")?,
            detected_labels: json(row, "detected_labels")?,
            parameters: json(row, "parameters")?,
        },
        content_hash: row.try_get("content_hash")?,
        status: word(row, "status")?,
        status_reason: row.try_get("status_reason")?,
        is_latest: flag(row, "is_latest")?,
        previous_version: row.try_get("previous_version")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

pub(super) fn whole(row: &Row) -> Result<Workflow, StoreError> {
    Ok(Workflow { summary: summary(row)?, content: json(row, "content")? })
}
