//! Reading the catalog.

use contract::Words as _;
use contract::datastorage::{Workflow, WorkflowQuery, WorkflowSearch, WorkflowSummary};
use kit::database::column::number;
use kit::database::{Connection, Database, Statement, StoreError};
use uuid::Uuid;

use super::row::{SUMMARY, summary, whole};
use crate::catalog::records::WorkflowList;

pub(in crate::catalog) async fn workflow(
    database: &Database,
    workflow_id: Uuid,
) -> Result<Option<Workflow>, StoreError> {
    by_id(&mut *database.snapshot().await?, workflow_id).await
}

pub(super) async fn by_id(
    connection: &mut Connection,
    workflow_id: Uuid,
) -> Result<Option<Workflow>, StoreError> {
    let row = sqlx::query("SELECT * FROM workflows WHERE workflow_id = $1")
        .bind(workflow_id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(whole).transpose()
}

pub(in crate::catalog) async fn list(
    database: &Database,
    filter: &WorkflowQuery,
) -> Result<WorkflowList, StoreError> {
    let mut transaction = database.snapshot().await?;
    let mut count = Statement::new("SELECT count(*) AS total FROM workflows");
    push_filters(&mut count, filter);
    let total = number(&count.build().fetch_one(&mut *transaction).await?, "total")?;

    let mut page = Statement::new("SELECT ");
    page.push(SUMMARY).push(" FROM workflows");
    push_filters(&mut page, filter);
    page.push(" ORDER BY sequence DESC LIMIT ").bind(i64::from(filter.page().limit));
    page.push(" OFFSET ").bind(i64::try_from(filter.page().offset).unwrap_or(i64::MAX));
    let rows = page.build().fetch_all(&mut *transaction).await?;
    let workflows = rows.iter().map(summary).collect::<Result<_, _>>()?;
    Ok(WorkflowList { workflows, total })
}

pub(in crate::catalog) async fn select(
    database: &Database,
    signal: &WorkflowSearch,
) -> Result<Vec<WorkflowSummary>, StoreError> {
    let labels = [
        ("signal_type", signal.signal_type.as_str()),
        ("severity", signal.severity.as_str()),
        ("component", signal.component.as_str()),
        ("environment", signal.environment.as_str()),
        ("priority", signal.priority.as_str()),
    ];
    let mut query = Statement::new("SELECT ");
    query.push(SUMMARY).push(" FROM workflows WHERE is_latest = 1 AND status = 'active'");
    for (column, value) in labels {
        query.push(" AND ").push(column).push(" IN ('*', ").bind(value).push(")");
    }
    query.push(" ORDER BY sequence DESC");
    let rows = query.build().fetch_all(&mut *database.snapshot().await?).await?;
    rows.iter().map(summary).collect()
}

/// Adds ` WHERE … AND …` for every filter that is set.
fn push_filters(query: &mut Statement, filter: &WorkflowQuery) {
    let texts = [
        ("name", filter.name.clone()),
        ("status", filter.status.map(|status| status.to_string())),
        ("signal_type", filter.signal_type.as_ref().map(|signal_type| signal_type.to_string())),
        ("severity", filter.severity.as_ref().map(|severity| severity.to_string())),
        ("component", filter.component.as_ref().map(|component| component.to_string())),
        ("environment", filter.environment.as_ref().map(|environment| environment.to_string())),
        ("priority", filter.priority.as_ref().map(|priority| priority.to_string())),
    ];
    let mut glue = " WHERE ";
    for (column, value) in texts {
        if let Some(value) = value {
            query.push(glue).push(column).push(" = ").bind(value);
            glue = " AND ";
        }
    }
    if let Some(is_latest) = filter.is_latest {
        query.push(glue).push("is_latest = ").bind(i64::from(is_latest));
    }
}
