//! Notifications: create, read, list, delete.

use contract::Words as _;
use kit::database::column::{json, microseconds, number, to_json};
use kit::database::{Database, StoreError};
use sqlx::Row as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::read;
use crate::model::{Notification, Phase, Receiver, Spec};
use crate::store::{CreateOutcome, Filter};

pub(in crate::store) async fn create(
    db: &Database,
    spec: Spec,
    receiver: Option<Receiver>,
    now: OffsetDateTime,
) -> Result<CreateOutcome, StoreError> {
    let mut transaction = db.begin_exclusive().await?;
    let existing = sqlx::query("SELECT id, spec FROM notifications WHERE name = $1")
        .bind(&spec.name)
        .fetch_optional(&mut *transaction)
        .await?;
    if let Some(row) = existing {
        if json::<Spec>(&row, "spec")? != spec {
            return Ok(CreateOutcome::Other);
        }
        let same = read::notifications(db.kind, &mut transaction, &[row.get("id")]).await?;
        return same.into_iter().next().map(CreateOutcome::Same).ok_or_else(vanished);
    }

    let due_at = microseconds(db.now(&mut transaction).await?);
    let id = Uuid::now_v7().to_string();
    sqlx::query(
        "INSERT INTO notifications
            (id, name, correlation_id, priority, spec, receiver, phase, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&id)
    .bind(&spec.name)
    .bind(&spec.correlation_id)
    .bind(spec.priority.rank())
    .bind(to_json(&spec)?)
    .bind(receiver.as_ref().map(to_json).transpose()?)
    .bind(Phase::Pending.as_str())
    .bind(microseconds(now))
    .execute(&mut *transaction)
    .await?;
    for (position, channel) in (0_i64..).zip(spec.channels(receiver.as_ref())) {
        sqlx::query(
            "INSERT INTO deliveries (notification_id, channel, position, state, due_at)
             VALUES ($1, $2, $3, 'Pending', $4)",
        )
        .bind(&id)
        .bind(channel.name())
        .bind(position)
        .bind(due_at)
        .execute(&mut *transaction)
        .await?;
    }
    let new = read::notifications(db.kind, &mut transaction, &[id]).await?;
    transaction.commit().await?;
    new.into_iter().next().map(CreateOutcome::New).ok_or_else(vanished)
}

pub(in crate::store) async fn get(
    db: &Database,
    name: &str,
) -> Result<Option<Notification>, StoreError> {
    let mut snapshot = db.snapshot().await?;
    let id: Option<String> = sqlx::query_scalar("SELECT id FROM notifications WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *snapshot)
        .await?;
    let ids: Vec<_> = id.into_iter().collect();
    Ok(read::notifications(db.kind, &mut snapshot, &ids).await?.into_iter().next())
}

pub(in crate::store) async fn list(
    db: &Database,
    filter: &Filter,
) -> Result<(Vec<Notification>, u64), StoreError> {
    if filter.correlation_id.as_ref().is_some_and(|id| id.contains('\0')) {
        // No row has it, and PostgreSQL fails on it.
        return Ok((Vec::new(), 0));
    }
    let phase = filter.phase.map(Phase::as_str);
    let mut snapshot = db.snapshot().await?;
    let total = sqlx::query(
        "SELECT count(*) AS total FROM notifications
         WHERE ($1 IS NULL OR phase = $1) AND ($2 IS NULL OR correlation_id = $2)",
    )
    .bind(phase)
    .bind(&filter.correlation_id)
    .fetch_one(&mut *snapshot)
    .await?;
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM notifications
         WHERE ($1 IS NULL OR phase = $1) AND ($2 IS NULL OR correlation_id = $2)
         ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4",
    )
    .bind(phase)
    .bind(&filter.correlation_id)
    .bind(i64::from(filter.limit))
    .bind(i64::from(filter.offset))
    .fetch_all(&mut *snapshot)
    .await?;
    let page = read::notifications(db.kind, &mut snapshot, &ids).await?;
    Ok((page, number(&total, "total")?))
}

pub(in crate::store) async fn delete(db: &Database, name: &str) -> Result<bool, StoreError> {
    let mut transaction = db.begin_exclusive().await?;
    let deleted = sqlx::query("DELETE FROM notifications WHERE name = $1")
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(deleted.rows_affected() > 0)
}

fn vanished() -> StoreError {
    StoreError::Broken(anyhow::anyhow!("a notification vanished within a transaction"))
}
