//! Deliveries: claim, renew, finish.

use std::slice;
use std::time::Duration;

use contract::Words as _;
use kit::database::column::{microseconds, moment, number, storable, uuid, word};
use kit::database::{Connection, Database, StoreError};
use kit::outbox::Outbox;
use kit::work::{Claim, Due, Expiry, Table};
use sqlx::Row as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::read::{asked, channel};
use crate::model::{AttemptOutcome, DeliveryState, Phase};
use crate::store::{FinishedAttempt, Job, NextStep};

const TABLE: Table = Table {
    name: "deliveries",
    select: "SELECT n.id, n.created_at, n.spec, n.receiver, d.channel,
            (SELECT count(*) FROM attempts a
             WHERE a.notification_id = d.notification_id AND a.channel = d.channel) AS attempts,
            (SELECT count(*) FROM attempts a
             WHERE a.notification_id = d.notification_id AND a.channel = d.channel
                AND a.outcome = 'failure') AS failed
         FROM deliveries d JOIN notifications n ON n.id = d.notification_id",
    order: "n.priority, d.due_at, n.id, d.position",
};

pub(in crate::store) async fn claim(
    db: &Database,
    limit: usize,
    lease: Duration,
    expiry: Expiry<'_>,
) -> Result<Claim<Job>, StoreError> {
    let mut due = Due::of(db, TABLE, limit, expiry).await?;
    let mut jobs = Vec::with_capacity(due.rows.len());
    for row in &due.rows {
        let (spec, receiver) = asked(row)?;
        let job = Job {
            id: uuid(row, "id")?,
            owner: Uuid::now_v7(),
            created_at: moment(row, "created_at")?,
            channel: channel(&spec, receiver.as_ref(), row.get("channel"))?.clone(),
            spec,
            number: number::<u32>(row, "attempts")? + 1,
            failed: number(row, "failed")?,
            started_at: due.now,
        };
        begin(&mut due.transaction, &job, due.now + lease).await?;
        jobs.push(job);
    }
    due.claimed(jobs).await
}

pub(in crate::store) async fn renew(
    db: &Database,
    job: &Job,
    lease: Duration,
) -> Result<(), StoreError> {
    let mut transaction = db.begin_exclusive().await?;
    let now = db.now(&mut transaction).await?;
    sqlx::query(
        "UPDATE deliveries SET due_at = $1
         WHERE notification_id = $2 AND channel = $3 AND owner = $4",
    )
    .bind(microseconds(now + lease))
    .bind(job.id.to_string())
    .bind(job.channel.name())
    .bind(job.owner.to_string())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

async fn begin(
    connection: &mut Connection,
    job: &Job,
    lease_until: OffsetDateTime,
) -> Result<(), StoreError> {
    let id = job.id.to_string();
    let state = if job.failed == 0 { DeliveryState::Sending } else { DeliveryState::Retrying };
    sqlx::query(
        "UPDATE deliveries SET state = $1, due_at = $2, owner = $3
         WHERE notification_id = $4 AND channel = $5",
    )
    .bind(state.as_str())
    .bind(microseconds(lease_until))
    .bind(job.owner.to_string())
    .bind(&id)
    .bind(job.channel.name())
    .execute(&mut *connection)
    .await?;
    // The lease of an earlier attempt has ended without an outcome.
    let interrupted = sqlx::query(
        "UPDATE attempts SET outcome = $1, ended_at = $2,
            error = 'its process ended before the outcome was known'
         WHERE notification_id = $3 AND channel = $4 AND outcome IS NULL",
    )
    .bind(AttemptOutcome::Interrupted.as_str())
    .bind(microseconds(job.started_at))
    .bind(&id)
    .bind(job.channel.name())
    .execute(&mut *connection)
    .await?;
    if interrupted.rows_affected() > 0 {
        tracing::warn!(
            notification = job.spec.name,
            channel = job.channel.name(),
            "an attempt was interrupted"
        );
    }
    sqlx::query(
        "INSERT INTO attempts (notification_id, channel, number, started_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&id)
    .bind(job.channel.name())
    .bind(i64::from(job.number))
    .bind(microseconds(job.started_at))
    .execute(&mut *connection)
    .await?;
    update_phase(connection, &id, job.started_at).await
}

pub(in crate::store) async fn finish(
    db: &Database,
    outbox: &Outbox,
    job: &Job,
    finish: &FinishedAttempt,
) -> Result<(), StoreError> {
    let id = job.id.to_string();
    let attempt = &finish.attempt;
    let ended_at = attempt.ended_at.unwrap_or(attempt.started_at);
    let mut transaction = db.begin_exclusive().await?;
    let now = db.now(&mut transaction).await?;
    sqlx::query(
        "UPDATE attempts SET ended_at = $1, outcome = $2, http_status = $3, error = $4, receipt = $5
         WHERE notification_id = $6 AND channel = $7 AND number = $8",
    )
    .bind(microseconds(ended_at))
    .bind(attempt.outcome.map(AttemptOutcome::as_str))
    .bind(attempt.http_status.map(i64::from))
    .bind(attempt.error.as_deref().map(storable))
    .bind(attempt.receipt.as_deref().map(storable))
    .bind(&id)
    .bind(job.channel.name())
    .bind(i64::from(attempt.number))
    .execute(&mut *transaction)
    .await?;

    let (state, due_at, permanent) = match &finish.next {
        // The wait is that of this process, the time that of the database.
        NextStep::Retry(at) => {
            (DeliveryState::Retrying, Some(microseconds(now + (*at - ended_at))), false)
        }
        NextStep::Done { .. } if finish.succeeded() => (DeliveryState::Sent, None, false),
        NextStep::Done { permanent, .. } => (DeliveryState::Failed, None, *permanent),
    };
    let finished = sqlx::query(
        "UPDATE deliveries SET state = $1, due_at = $2, permanent = $3, owner = NULL
         WHERE notification_id = $4 AND channel = $5 AND owner = $6",
    )
    .bind(state.as_str())
    .bind(due_at)
    .bind(i64::from(permanent))
    .bind(&id)
    .bind(job.channel.name())
    .bind(job.owner.to_string())
    .execute(&mut *transaction)
    .await?;
    if finished.rows_affected() == 0 && is_there(&mut transaction, &id).await? {
        // The lease ended before this, and another attempt decides.
        tracing::warn!("the claim was lost before the attempt ended");
        transaction.commit().await?;
        return Ok(());
    }
    if let NextStep::Done { event, .. } = &finish.next {
        outbox.add(&mut transaction, slice::from_ref(&**event)).await?;
    }
    update_phase(&mut transaction, &id, ended_at).await?;
    transaction.commit().await?;
    Ok(())
}

/// Whether the notification was not deleted meanwhile.
async fn is_there(connection: &mut Connection, id: &str) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT id FROM notifications WHERE id = $1").bind(id);
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// Writes the phase that follows from the deliveries' states. Does nothing for
/// a deleted notification.
async fn update_phase(
    connection: &mut Connection,
    id: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let rows = sqlx::query("SELECT state FROM deliveries WHERE notification_id = $1")
        .bind(id)
        .fetch_all(&mut *connection)
        .await?;
    let states: Vec<DeliveryState> =
        rows.iter().map(|row| word(row, "state")).collect::<Result<_, _>>()?;
    let phase = Phase::of(&states);
    sqlx::query("UPDATE notifications SET phase = $1, completed_at = $2 WHERE id = $3")
        .bind(phase.as_str())
        .bind(phase.is_final().then(|| microseconds(now)))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
