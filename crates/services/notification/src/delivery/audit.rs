//! Sending audit events, so that none is lost and none is stored twice.
//!
//! An event is written to the outbox together with the outcome that it
//! describes, and then passed to the audit writer. Delivered events are removed
//! from the outbox. The others are sent again at the next start, with the same
//! event id, which DataStorage stores once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datastorage_client::AuditWriter;
use kit::Service;
use kit::database::StoreError;
use uuid::Uuid;

use crate::store::{FinishedAttempt, NextStep, Store};

/// How often to remove delivered events from the outbox.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(1);

/// How long the writer may take at the end of the process.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends audit events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    store: Store,
    writer: AuditWriter,
    /// Events passed to the writer that are not confirmed yet.
    handed_over: Arc<Mutex<Vec<Uuid>>>,
}

impl Audit {
    /// Sends the events in `store`'s outbox through `writer`.
    #[must_use]
    pub fn new(store: Store, writer: AuditWriter) -> Self {
        Self { store, writer, handed_over: Arc::default() }
    }

    /// Sends the events that an earlier process left in the outbox.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let events = self.store.unconfirmed().await?;
        if !events.is_empty() {
            tracing::info!(
                events = events.len(),
                "telling the audit trail what it has not confirmed"
            );
        }
        for event in events {
            self.hand_over(event);
        }
        Ok(())
    }

    /// Sends the event of an attempt, which is already stored.
    pub(super) fn tell(&self, finish: &FinishedAttempt) {
        if let NextStep::Done { event, .. } = &finish.next {
            self.hand_over((**event).clone());
        }
    }

    /// Removes delivered events from the outbox at intervals, until the service
    /// stops.
    pub async fn confirm_deliveries(self, service: Service) {
        let mut lost_before = 0;
        let mut tick = tokio::time::interval(CONFIRM_INTERVAL);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = service.stopped() => return,
            }
            lost_before = self.confirm(lost_before).await;
        }
    }

    /// Delivers the remaining events and removes them from the outbox. Events
    /// that DataStorage did not accept stay for the next start.
    pub async fn close(self) {
        let stats = self.writer.close(CLOSE_TIMEOUT).await;
        if stats.lost == 0 {
            self.confirm(0).await;
        } else {
            tracing::warn!(
                events = stats.lost,
                "audit events stay in the outbox for the next start"
            );
        }
    }

    fn hand_over(&self, event: contract::datastorage::NewEvent) {
        // Add the id before passing the event on, while holding the lock that
        // `confirm` takes.
        let mut handed_over = self.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
        handed_over.push(event.event_id);
        self.writer.record(event);
    }

    /// Removes delivered events from the outbox. Events are delivered if the
    /// writer has no waiting events and has lost none since the last call. Lost
    /// events stay in the outbox for the next start. Returns how many were lost
    /// so far.
    async fn confirm(&self, lost_before: u64) -> u64 {
        let (events, stats) = {
            let mut handed_over = self.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
            let stats = self.writer.stats();
            if handed_over.is_empty() || stats.waiting > 0 {
                return lost_before;
            }
            (std::mem::take(&mut *handed_over), stats)
        };
        if stats.lost > lost_before {
            tracing::warn!(
                "lost audit events stay in the outbox and are told again at the next start"
            );
        } else if let Err(error) = self.store.confirm(&events).await {
            tracing::warn!("cannot forget delivered audit events yet: {error}");
            let mut handed_over = self.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
            handed_over.extend(events);
        }
        stats.lost
    }
}
