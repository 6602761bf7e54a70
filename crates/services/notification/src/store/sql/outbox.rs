//! Audit events that are not confirmed.

use contract::datastorage::NewEvent;
use kit::database::{Database, StoreError};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::store::rows::{from_json, json};

pub(in crate::store) async fn all(db: &Database) -> Result<Vec<NewEvent>, StoreError> {
    let mut snapshot = db.snapshot().await?;
    let events: Vec<String> =
        sqlx::query_scalar("SELECT event FROM outbox ORDER BY created_at, event_id")
            .fetch_all(&mut *snapshot)
            .await?;
    events.iter().map(|event| from_json(event)).collect()
}

pub(in crate::store) async fn remove(db: &Database, events: &[Uuid]) -> Result<(), StoreError> {
    let mut transaction = db.begin().await?;
    let statement = format!("DELETE FROM outbox WHERE event_id IN {}", db.kind.texts_of(1));
    sqlx::query(AssertSqlSafe(statement)).bind(json(&events)?).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
