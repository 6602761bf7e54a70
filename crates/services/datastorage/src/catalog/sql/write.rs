//! Writing the catalog.

use anyhow::Context as _;
use contract::Words as _;
use contract::datastorage::{NewWorkflow, StatusChange, Workflow, WorkflowStatus, WorkflowSummary};
use kit::database::column::{microseconds, to_json, uuid};
use kit::database::{Connection, Database, StoreError};
use uuid::Uuid;

use super::read::by_id;
use crate::audit;
use crate::catalog::change_event;
use crate::catalog::content::canonical;
use crate::catalog::records::CreateOutcome;

pub(in crate::catalog) async fn create(
    database: &Database,
    workflow: NewWorkflow,
    correlation_id: &str,
) -> Result<CreateOutcome, StoreError> {
    let content = canonical(&workflow.content)
        .context("the content cannot be written as JSON")
        .map_err(StoreError::Broken)?;
    let name = workflow.definition.name.clone();
    let version = workflow.definition.version.clone();
    // The latest version cannot change before the new one replaces it.
    let mut transaction = database.begin_exclusive().await?;
    if let Some(workflow_id) = id_of(&mut transaction, &name, &version).await? {
        return Ok(CreateOutcome::Exists(workflow_id));
    }
    let previous_version = supersede(&mut transaction, &name).await?;
    let now = database.now(&mut transaction).await?;
    let created = Workflow {
        summary: WorkflowSummary {
            workflow_id: Uuid::now_v7(),
            definition: workflow.definition,
            content_hash: content.hash,
            status: WorkflowStatus::Active,
            status_reason: None,
            is_latest: true,
            previous_version,
            created_at: now,
            updated_at: now,
        },
        content: workflow.content,
    };
    insert(&mut transaction, &created.summary, &content.text).await?;
    let event = change_event::created(&created.summary, correlation_id);
    audit::insert(&mut transaction, &event, now).await?;
    transaction.commit().await?;
    Ok(CreateOutcome::New(Box::new(created)))
}

pub(in crate::catalog) async fn set_status(
    database: &Database,
    workflow_id: Uuid,
    change: &StatusChange,
    correlation_id: &str,
) -> Result<Option<Workflow>, StoreError> {
    let mut transaction = database.begin_exclusive().await?;
    let Some(before) = by_id(&mut transaction, workflow_id).await? else {
        return Ok(None);
    };
    let now = database.now(&mut transaction).await?;
    sqlx::query(
        "UPDATE workflows SET status = $1, status_reason = $2, updated_at = $3
         WHERE workflow_id = $4",
    )
    .bind(change.status.as_str())
    .bind(change.status_reason.as_str())
    .bind(microseconds(now))
    .bind(workflow_id.to_string())
    .execute(&mut *transaction)
    .await?;
    let changed = by_id(&mut transaction, workflow_id).await?;
    if let Some(Workflow { summary, .. }) = &changed {
        let event = change_event::status_changed(summary, before.summary.status, correlation_id);
        audit::insert(&mut transaction, &event, now).await?;
    }
    transaction.commit().await?;
    Ok(changed)
}

async fn id_of(
    connection: &mut Connection,
    name: &str,
    version: &str,
) -> Result<Option<Uuid>, StoreError> {
    let row = sqlx::query("SELECT workflow_id FROM workflows WHERE name = $1 AND version = $2")
        .bind(name)
        .bind(version)
        .fetch_optional(connection)
        .await?;
    row.map(|row| uuid(&row, "workflow_id")).transpose()
}

/// Clears `is_latest` of the latest version, and returns its version.
async fn supersede(connection: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    let latest = sqlx::query_scalar(
        "UPDATE workflows SET is_latest = 0 WHERE name = $1 AND is_latest = 1 RETURNING version",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?;
    Ok(latest)
}

async fn insert(
    connection: &mut Connection,
    workflow: &WorkflowSummary,
    content: &str,
) -> Result<(), StoreError> {
    let definition = &workflow.definition;
    let labels = &definition.labels;
    sqlx::query(
        "INSERT INTO workflows (
            workflow_id, name, version, title, description, owner, maintainer, container_image,
            container_digest, signal_type, severity, component, environment, priority,
            custom_labels, detected_labels, parameters, content, content_hash, status,
            status_reason, is_latest, previous_version, created_at, updated_at
        ) VALUES (
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25
        )",
    )
    .bind(workflow.workflow_id.to_string())
    .bind(definition.name.as_str())
    .bind(definition.version.as_str())
    .bind(definition.title.as_str())
    .bind(definition.description.as_str())
    .bind(definition.owner.as_deref())
    .bind(definition.maintainer.as_deref())
    .bind(definition.container_image.as_deref())
    .bind(definition.container_digest.as_deref())
    .bind(labels.signal_type.to_string())
    .bind(labels.severity.to_string())
    .bind(labels.component.to_string())
    .bind(labels.environment.to_string())
    .bind(labels.priority.to_string())
    .bind(to_json(&definition.custom_labels)?)
    .bind(to_json(&definition.detected_labels)?)
    .bind(to_json(&definition.parameters)?)
    .bind(content)
    .bind(workflow.content_hash.as_str())
    .bind(workflow.status.as_str())
    .bind(workflow.status_reason.as_deref())
    .bind(i64::from(workflow.is_latest))
    .bind(workflow.previous_version.as_deref())
    .bind(microseconds(workflow.created_at))
    .bind(microseconds(workflow.updated_at))
    .execute(connection)
    .await?;
    Ok(())
}
