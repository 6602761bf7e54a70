//! Audit events that are not confirmed.

use contract::datastorage::NewEvent;
use kit::database::{Sqlite, StoreError};
use uuid::Uuid;

use crate::store::rows::{from_json, json};

pub(in crate::store) async fn all(db: &Sqlite) -> Result<Vec<NewEvent>, StoreError> {
    let mut snapshot = db.snapshot().await?;
    let events: Vec<String> =
        sqlx::query_scalar("SELECT event FROM outbox ORDER BY created_at, event_id")
            .fetch_all(&mut *snapshot)
            .await?;
    events.iter().map(|event| from_json(event)).collect()
}

pub(in crate::store) async fn remove(db: &Sqlite, events: &[Uuid]) -> Result<(), StoreError> {
    let mut transaction = db.begin().await?;
    sqlx::query("DELETE FROM outbox WHERE event_id IN (SELECT value FROM json_each(?))")
        .bind(json(&events)?)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
