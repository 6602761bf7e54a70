//! The background task that sends events.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use contract::datastorage::{CreateEvents, NewEvent};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Outbox, rows};
use crate::database::StoreError;
use crate::peer::{Peer, PeerError};

/// How often to look for events that another process added or left.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// How long a stop may take for the events that are left.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits after failures: the first and the longest.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// What a step has come to.
enum Step {
    /// The outbox is empty.
    Empty,
    /// Something has left the outbox, or the next batch is a smaller one.
    Onward,
    /// Nothing can be sent before so much time has passed.
    Later(Duration),
}

struct Sender {
    outbox: Outbox,
    datastorage: Peer,
    /// How many events the next batch may have.
    limit: usize,
    waits: ExponentialBackoff,
}

pub(super) async fn run(outbox: Outbox, datastorage: Peer, stop: CancellationToken) {
    let mut sender = Sender { outbox, datastorage, limit: rows::BATCH_EVENTS, waits: waits() };
    // A call that is cut off is made again, with the same ids.
    stop.run_until_cancelled(sender.send_for_ever()).await;
    let rest = async { while let Step::Onward = sender.step().await {} };
    if timeout(STOP_TIMEOUT, rest).await.is_err() {
        tracing::debug!("the stop does not wait for more audit events");
    }
    match sender.outbox.waiting().await {
        Ok(0) => {}
        Ok(events) => tracing::warn!(events, "audit events stay for the next start"),
        Err(error) => tracing::warn!("audit events may stay for the next start: {error}"),
    }
}

impl Sender {
    async fn send_for_ever(&mut self) {
        loop {
            match self.step().await {
                Step::Onward => {}
                Step::Later(wait) => sleep(wait).await,
                Step::Empty => {
                    if timeout(LOOK_INTERVAL, self.outbox.added.notified()).await.is_ok() {
                        sleep(self.outbox.batch_wait).await;
                    }
                }
            }
        }
    }

    /// Sends one batch.
    async fn step(&mut self) -> Step {
        match self.try_step().await {
            Ok(step) => step,
            Err(error) => {
                tracing::warn!("the outbox cannot be used: {error}");
                Step::Later(self.waits.next().unwrap_or(WAITS[1]))
            }
        }
    }

    async fn try_step(&mut self) -> Result<Step, StoreError> {
        let database = &self.outbox.database;
        let batch = rows::oldest(&mut *database.snapshot().await?, self.limit).await?;
        if batch.is_empty() {
            return Ok(Step::Empty);
        }
        match self.datastorage.call::<CreateEvents>().body(&batch).send().await {
            Ok(_) => {
                let mut transaction = database.begin().await?;
                rows::delete(&mut transaction, database.kind, &batch).await?;
                transaction.commit().await?;
                self.limit = rows::BATCH_EVENTS;
            }
            Err(error) if error.is_of_content() => {
                self.refused(&batch, &error).await?;
            }
            Err(error) => {
                let wait = self.waits.next().unwrap_or(WAITS[1]);
                let wait = wait.max(error.retry_after().unwrap_or_default());
                tracing::warn!(events = batch.len(), %error, ?wait, "audit events are not delivered yet");
                return Ok(Step::Later(wait));
            }
        }
        self.waits = waits();
        Ok(Step::Onward)
    }

    /// Takes the refused events out of the way. DataStorage stores a batch all
    /// or none. A refusal that names no events makes the next batch half as
    /// large, until an event is alone.
    async fn refused(&mut self, batch: &[NewEvent], error: &PeerError) -> Result<(), StoreError> {
        let mut refused = error.refused_positions();
        refused.retain(|index| *index < batch.len());
        if refused.is_empty() {
            if batch.len() == 1 {
                refused.push(0);
            } else {
                self.limit = batch.len() / 2;
            }
        }
        let mut transaction = self.outbox.database.begin().await?;
        for index in &refused {
            let (event, reason) = (&batch[*index], error.reason_at(*index));
            rows::refuse(&mut transaction, event, &reason).await?;
            let id = event.event_id;
            tracing::error!(event_id = %id, event_type = event.event_type, reason, "refused");
        }
        transaction.commit().await?;
        self.outbox.refused.inc_by(refused.len() as u64);
        Ok(())
    }
}

fn waits() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(WAITS[0])
        .with_max_delay(WAITS[1])
        .with_jitter()
        .without_max_times()
        .build()
}
