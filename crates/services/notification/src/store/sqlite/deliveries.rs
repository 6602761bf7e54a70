//! Deliveries: claim, finish, recover.

use kit::database::{Sqlite, StoreError};
use sqlx::{Row as _, SqliteConnection};
use time::OffsetDateTime;

use super::read::{asked, channel, uuid};
use crate::model::{AttemptOutcome, DeliveryState, Phase};
use crate::store::rows::{from_word, json, micros, moment, number, word};
use crate::store::{Claim, FinishedAttempt, Job, NextStep};

pub(in crate::store) async fn recover(db: &Sqlite, now: OffsetDateTime) -> Result<(), StoreError> {
    let mut transaction = db.begin().await?;
    let interrupted = sqlx::query(
        "UPDATE attempts SET outcome = ?, ended_at = ?,
            error = 'the service ended before the outcome was known'
         WHERE outcome IS NULL",
    )
    .bind(word(&AttemptOutcome::Interrupted)?)
    .bind(micros(now))
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "UPDATE deliveries SET due_at = ?
         WHERE due_at IS NULL AND state NOT IN ('Sent', 'Failed')",
    )
    .bind(micros(now))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let attempts = interrupted.rows_affected();
    if attempts > 0 {
        tracing::warn!(attempts, "attempts were interrupted by the end of the process");
    }
    Ok(())
}

pub(in crate::store) async fn claim(
    db: &Sqlite,
    limit: usize,
    now: OffsetDateTime,
) -> Result<Claim, StoreError> {
    let mut transaction = db.begin().await?;
    let due = sqlx::query(
        "SELECT n.id, n.created_at, n.spec, n.receiver, d.channel,
            (SELECT count(*) FROM attempts a
             WHERE a.notification_id = d.notification_id AND a.channel = d.channel) AS attempts,
            (SELECT count(*) FROM attempts a
             WHERE a.notification_id = d.notification_id AND a.channel = d.channel
                AND a.outcome = 'failure') AS failed
         FROM deliveries d JOIN notifications n ON n.id = d.notification_id
         WHERE d.due_at <= ?
         ORDER BY n.priority, d.due_at, n.id, d.position LIMIT ?",
    )
    .bind(micros(now))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(&mut *transaction)
    .await?;
    let mut jobs = Vec::with_capacity(due.len());
    for row in due {
        let (spec, receiver) = asked(&row)?;
        let job = Job {
            id: uuid(row.get("id"))?,
            created_at: moment(row.get("created_at"))?,
            channel: channel(&spec, receiver.as_ref(), row.get("channel"))?.clone(),
            spec,
            number: number::<u32>(row.get("attempts"))? + 1,
            failed: number(row.get("failed"))?,
            started_at: now,
        };
        begin(&mut transaction, &job).await?;
        jobs.push(job);
    }
    let next_due: Option<i64> = sqlx::query_scalar("SELECT min(due_at) FROM deliveries")
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Claim { jobs, next_due: next_due.map(moment).transpose()? })
}

async fn begin(connection: &mut SqliteConnection, job: &Job) -> Result<(), StoreError> {
    let id = job.id.to_string();
    let state = if job.failed == 0 { DeliveryState::Sending } else { DeliveryState::Retrying };
    sqlx::query(
        "UPDATE deliveries SET state = ?, due_at = NULL
         WHERE notification_id = ? AND channel = ?",
    )
    .bind(word(&state)?)
    .bind(&id)
    .bind(job.channel.name())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO attempts (notification_id, channel, number, started_at) VALUES (?, ?, ?, ?)",
    )
    .bind(&id)
    .bind(job.channel.name())
    .bind(job.number)
    .bind(micros(job.started_at))
    .execute(&mut *connection)
    .await?;
    update_phase(connection, &id, job.started_at).await
}

pub(in crate::store) async fn finish(
    db: &Sqlite,
    job: &Job,
    finish: &FinishedAttempt,
) -> Result<(), StoreError> {
    let id = job.id.to_string();
    let attempt = &finish.attempt;
    let ended_at = attempt.ended_at.unwrap_or(attempt.started_at);
    let mut transaction = db.begin().await?;
    sqlx::query(
        "UPDATE attempts SET ended_at = ?, outcome = ?, http_status = ?, error = ?, receipt = ?
         WHERE notification_id = ? AND channel = ? AND number = ?",
    )
    .bind(micros(ended_at))
    .bind(attempt.outcome.as_ref().map(word).transpose()?)
    .bind(attempt.http_status)
    .bind(&attempt.error)
    .bind(&attempt.receipt)
    .bind(&id)
    .bind(job.channel.name())
    .bind(attempt.number)
    .execute(&mut *transaction)
    .await?;

    let (state, due_at, permanent) = match &finish.next {
        NextStep::Retry(at) => (DeliveryState::Retrying, Some(micros(*at)), false),
        NextStep::Done { .. } if finish.succeeded() => (DeliveryState::Sent, None, false),
        NextStep::Done { permanent, .. } => (DeliveryState::Failed, None, *permanent),
    };
    sqlx::query(
        "UPDATE deliveries SET state = ?, due_at = ?, permanent = ?
         WHERE notification_id = ? AND channel = ?",
    )
    .bind(word(&state)?)
    .bind(due_at)
    .bind(permanent)
    .bind(&id)
    .bind(job.channel.name())
    .execute(&mut *transaction)
    .await?;
    if let NextStep::Done { event, .. } = &finish.next {
        sqlx::query("INSERT INTO outbox (event_id, event, created_at) VALUES (?, ?, ?)")
            .bind(event.event_id.to_string())
            .bind(json(event)?)
            .bind(micros(ended_at))
            .execute(&mut *transaction)
            .await?;
    }
    update_phase(&mut transaction, &id, ended_at).await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes the phase that follows from the deliveries' states. Does nothing for
/// a deleted notification.
async fn update_phase(
    connection: &mut SqliteConnection,
    id: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM deliveries WHERE notification_id = ?")
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
    let states: Vec<DeliveryState> =
        states.iter().map(|state| from_word(state)).collect::<Result<_, _>>()?;
    let phase = Phase::of(&states);
    sqlx::query("UPDATE notifications SET phase = ?, completed_at = ? WHERE id = ?")
        .bind(word(&phase)?)
        .bind(phase.is_final().then(|| micros(now)))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
