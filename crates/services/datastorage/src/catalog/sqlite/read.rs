//! Reading the catalog.

use contract::Words as _;
use contract::datastorage::{Workflow, WorkflowQuery, WorkflowSearch, WorkflowSummary};
use kit::database::{Sqlite, StoreError};
use sqlx::{QueryBuilder, SqliteConnection};
use uuid::Uuid;

use super::row::{SUMMARY, summary, whole};
use crate::catalog::records::WorkflowList;

pub(in crate::catalog) async fn workflow(
    store: &Sqlite,
    workflow_id: Uuid,
) -> Result<Option<Workflow>, StoreError> {
    by_id(&mut *store.snapshot().await?, workflow_id).await
}

pub(super) async fn by_id(
    connection: &mut SqliteConnection,
    workflow_id: Uuid,
) -> Result<Option<Workflow>, StoreError> {
    let row = sqlx::query("SELECT * FROM workflows WHERE workflow_id = ?")
        .bind(workflow_id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(whole).transpose()
}

pub(in crate::catalog) async fn list(
    store: &Sqlite,
    filter: &WorkflowQuery,
) -> Result<WorkflowList, StoreError> {
    let mut transaction = store.snapshot().await?;
    let mut count = QueryBuilder::new("SELECT count(*) FROM workflows");
    push_filters(&mut count, filter);
    let total: i64 = count.build_query_scalar().fetch_one(&mut *transaction).await?;

    let mut page = QueryBuilder::new("SELECT ");
    page.push(SUMMARY).push(" FROM workflows");
    push_filters(&mut page, filter);
    page.push(" ORDER BY sequence DESC LIMIT ").push_bind(i64::from(filter.page().limit));
    page.push(" OFFSET ").push_bind(i64::try_from(filter.page().offset).unwrap_or(i64::MAX));
    let rows = page.build().fetch_all(&mut *transaction).await?;
    let workflows = rows.iter().map(summary).collect::<Result<_, _>>()?;
    Ok(WorkflowList { workflows, total: u64::try_from(total).unwrap_or(0) })
}

pub(in crate::catalog) async fn select(
    store: &Sqlite,
    signal: &WorkflowSearch,
) -> Result<Vec<WorkflowSummary>, StoreError> {
    let labels = [
        ("signal_type", signal.signal_type.as_str()),
        ("severity", signal.severity.as_str()),
        ("component", signal.component.as_str()),
        ("environment", signal.environment.as_str()),
        ("priority", signal.priority.as_str()),
    ];
    let mut query = QueryBuilder::new("SELECT ");
    query.push(SUMMARY).push(" FROM workflows WHERE is_latest = 1 AND status = 'active'");
    for (column, value) in labels {
        query.push(" AND ").push(column).push(" IN ('*', ").push_bind(value).push(")");
    }
    query.push(" ORDER BY sequence DESC");
    let rows = query.build().fetch_all(&mut *store.snapshot().await?).await?;
    rows.iter().map(summary).collect()
}

/// Adds ` WHERE … AND …` for every filter that is set.
fn push_filters(query: &mut QueryBuilder<sqlx::Sqlite>, filter: &WorkflowQuery) {
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
            query.push(glue).push(column).push(" = ").push_bind(value);
            glue = " AND ";
        }
    }
    if let Some(is_latest) = filter.is_latest {
        query.push(glue).push("is_latest = ").push_bind(is_latest);
    }
}
