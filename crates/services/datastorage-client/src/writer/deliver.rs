//! The background task: collects batches and delivers them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::batch::{Batch, EncodedEvent};
use super::{Counters, WriterConfig};
use crate::{Client, ClientError};
use contract::datastorage::NewEvent;

pub(super) struct Deliverer {
    client: Client,
    config: WriterConfig,
    events: mpsc::Receiver<NewEvent>,
    counters: Arc<Counters>,
    closing: watch::Receiver<Option<Instant>>,
    /// Whether the close request was handled: the channel accepts no more
    /// events then.
    closing_seen: bool,
    /// An event that was received but did not fit into its batch.
    held: Option<EncodedEvent>,
}

/// How a delivery ended.
enum Delivery {
    Done,
    /// The deadline of `close` passed.
    OutOfTime,
}

/// How a wait between two attempts ended.
enum Pause {
    Over,
    /// The writer is being closed.
    Closing,
}

impl Deliverer {
    pub(super) fn new(
        client: Client,
        config: WriterConfig,
        events: mpsc::Receiver<NewEvent>,
        counters: Arc<Counters>,
        closing: watch::Receiver<Option<Instant>>,
    ) -> Self {
        Self { client, config, events, counters, closing, closing_seen: false, held: None }
    }

    /// Runs until the writer is closed and every event is delivered or lost.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.next_batch().await {
            match self.deliver(batch).await {
                Delivery::Done => {}
                Delivery::OutOfTime => break,
            }
        }
        self.lose_the_rest();
    }

    /// Collects a batch: waits for a first event, then for others until the
    /// batch is full, `batch_wait` is over, or the writer is closed. `None`
    /// when the writer is closed and no event is left.
    async fn next_batch(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        batch.push(self.receive().await?);
        let send_at = Instant::now() + self.config.batch_wait;
        while batch.len() < self.config.batch_events {
            let Ok(Some(event)) = timeout_at(send_at, self.receive()).await else {
                break;
            };
            if !batch.has_room_for(&event, self.config.batch_bytes) {
                self.held = Some(event);
                break;
            }
            batch.push(event);
        }
        Some(batch)
    }

    /// The next event; cancelling the wait loses nothing.
    async fn receive(&mut self) -> Option<EncodedEvent> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        loop {
            tokio::select! {
                event = self.events.recv() => match EncodedEvent::new(&event?) {
                    Ok(event) => return Some(event),
                    Err(error) => self.counters.lose(1, &format!("not writable as JSON: {error}")),
                },
                () = close_requested(self.closing.clone()), if !self.closing_seen => {
                    self.closing_seen = true;
                    self.events.close();
                }
            }
        }
    }

    /// Sends a batch until DataStorage accepts it. Refused events are dropped
    /// as lost, and the others are sent again.
    async fn deliver(&mut self, mut batch: Batch) -> Delivery {
        let mut wait = self.config.retry_initial;
        while !batch.is_empty() {
            let answer = tokio::select! {
                biased;
                () = out_of_time(self.closing.clone()) => {
                    self.counters.lose(batch.len(), "there was no time left before closing");
                    return Delivery::OutOfTime;
                }
                answer = self.client.post_batch(batch.body()) => answer,
            };
            match answer {
                Ok(_) => {
                    self.counters.store(batch.len());
                    return Delivery::Done;
                }
                Err(error) if error.is_permanent() => self.drop_refused(&mut batch, &error),
                Err(error) => {
                    tracing::warn!(
                        events = batch.len(), wait_ms = wait.as_millis() as u64, %error,
                        "audit events are not delivered yet"
                    );
                    wait = match self.pause(wait).await {
                        Pause::Over => (wait * 2).min(self.config.retry_max),
                        Pause::Closing => self.config.retry_initial,
                    };
                }
            }
        }
        Delivery::Done
    }

    /// Removes the refused events, since DataStorage stores a batch all or
    /// none.
    fn drop_refused(&self, batch: &mut Batch, error: &ClientError) {
        let mut refused = batch.remove(&error.refused_positions());
        if refused == 0 {
            refused = batch.len();
            *batch = Batch::default();
        }
        self.counters.lose(refused, &error.to_string());
    }

    /// Waits before the next attempt. A close request ends the wait, to use the
    /// remaining time for attempts.
    async fn pause(&mut self, wait: Duration) -> Pause {
        tokio::select! {
            () = sleep(wait) => Pause::Over,
            () = close_requested(self.closing.clone()), if !self.closing_seen => {
                self.closing_seen = true;
                self.events.close();
                Pause::Closing
            }
            () = out_of_time(self.closing.clone()) => Pause::Over,
        }
    }

    fn lose_the_rest(&mut self) {
        self.events.close();
        let mut left = usize::from(self.held.take().is_some());
        while self.events.try_recv().is_ok() {
            left += 1;
        }
        if left > 0 {
            self.counters.lose(left, "there was no time left before closing");
        }
    }
}

/// Returns when the writer is asked to close.
async fn close_requested(mut closing: watch::Receiver<Option<Instant>>) {
    // The sender sets a deadline before it is dropped, see `Shared::drop`.
    let _ = closing.wait_for(Option::is_some).await;
}

/// Returns when the deadline of the close request has passed.
async fn out_of_time(mut closing: watch::Receiver<Option<Instant>>) {
    let deadline = closing.wait_for(Option::is_some).await.ok().and_then(|deadline| *deadline);
    if let Some(deadline) = deadline {
        sleep_until(deadline).await;
    }
}
