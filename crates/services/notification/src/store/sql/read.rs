//! Reading notifications with their deliveries and attempts.

use std::collections::HashMap;

use kit::database::column::{
    json, moment, number, optional_json, optional_moment, optional_number, optional_word, to_json,
    uuid, word,
};
use kit::database::{Connection, DatabaseKind, Row, StoreError};
use sqlx::{AssertSqlSafe, Row as _};

use crate::model::{
    Attempt, Channel, ChannelType, Delivery, Notification, Reason, Receiver, Spec, Status,
};

/// The notifications with these ids, newest first.
pub(super) async fn notifications(
    kind: DatabaseKind,
    connection: &mut Connection,
    ids: &[String],
) -> Result<Vec<Notification>, StoreError> {
    let ids = to_json(ids)?;
    let mut deliveries = deliveries(kind, connection, &ids).await?;
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT * FROM notifications WHERE id IN {} ORDER BY created_at DESC, id DESC",
        kind.texts_of(1)
    )))
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let id: &str = row.get("id");
            let (spec, receiver) = asked(row)?;
            let phase = word(row, "phase")?;
            let mut channels = deliveries.remove(id).unwrap_or_default();
            for delivery in &mut channels {
                let channel = channel(&spec, receiver.as_ref(), &delivery.name)?;
                delivery.kind = channel.kind;
            }
            let reason = Reason::of(phase, &channels);
            let completed_at = optional_moment(row, "completed_at")?;
            Ok(Notification {
                id: uuid(row, "id")?,
                created_at: moment(row, "created_at")?,
                spec,
                receiver,
                status: Status { phase, reason, completed_at, channels },
            })
        })
        .collect()
}

/// The request of a notification, and the receiver that routing chose for it.
pub(super) fn asked(row: &Row) -> Result<(Spec, Option<Receiver>), StoreError> {
    Ok((json(row, "spec")?, optional_json(row, "receiver")?))
}

/// The channel of this name.
pub(super) fn channel<'a>(
    spec: &'a Spec,
    receiver: Option<&'a Receiver>,
    name: &str,
) -> Result<&'a Channel, StoreError> {
    let mut channels = spec.channels(receiver).iter();
    channels
        .find(|channel| channel.name() == name)
        .ok_or_else(|| StoreError::Broken(anyhow::anyhow!("{} has no channel {name}", spec.name)))
}

async fn deliveries(
    kind: DatabaseKind,
    connection: &mut Connection,
    ids: &str,
) -> Result<HashMap<String, Vec<Delivery>>, StoreError> {
    let mut attempts = attempts(kind, connection, ids).await?;
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT * FROM deliveries WHERE notification_id IN {} ORDER BY notification_id, position",
        kind.texts_of(1)
    )))
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let mut deliveries: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let id: String = row.get("notification_id");
        let name: String = row.get("channel");
        let due_at = optional_moment(&row, "due_at")?;
        // While an attempt is under way, the next one is not planned.
        let is_claimed = row.get::<Option<&str>, _>("owner").is_some();
        let delivery = Delivery {
            state: word(&row, "state")?,
            next_attempt_at: due_at.filter(|_| !is_claimed),
            attempts: attempts.remove(&(id.clone(), name.clone())).unwrap_or_default(),
            permanent: optional_number(&row, "permanent")? == Some(1),
            // Set when the request is known.
            kind: ChannelType::Log,
            name,
        };
        deliveries.entry(id).or_default().push(delivery);
    }
    Ok(deliveries)
}

async fn attempts(
    kind: DatabaseKind,
    connection: &mut Connection,
    ids: &str,
) -> Result<HashMap<(String, String), Vec<Attempt>>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(format!("SELECT * FROM attempts WHERE notification_id IN {} ORDER BY notification_id, channel, number", kind.texts_of(1))))
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let mut attempts: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let delivery = (row.get("notification_id"), row.get("channel"));
        attempts.entry(delivery).or_default().push(attempt(&row)?);
    }
    Ok(attempts)
}

fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        number: number(row, "number")?,
        started_at: moment(row, "started_at")?,
        ended_at: optional_moment(row, "ended_at")?,
        outcome: optional_word(row, "outcome")?,
        http_status: optional_number(row, "http_status")?,
        error: row.get("error"),
        receipt: row.get("receipt"),
    })
}
