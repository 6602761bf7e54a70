//! Telling the audit trail, so that nothing is lost and nothing told twice.
//!
//! An event is written to the outbox together with the outcome that it tells
//! of, and then handed to the audit writer. What the writer has delivered is
//! forgotten; what it has not by the end of the process is told again at the
//! next start, under the same event id, which DataStorage stores once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use datastorage_client::AuditWriter;
use kit::Service;
use kit::database::StoreError;
use uuid::Uuid;

use crate::store::{FinishedAttempt, NextStep, Store};

/// How often to look whether the writer has delivered.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(1);

/// How long the writer may go on at the end of the process.
const CLOSE: Duration = Duration::from_secs(5);

/// Tells the audit trail. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Audit {
    store: Store,
    writer: AuditWriter,
    /// Handed to the writer, and not yet known to be delivered.
    handed_over: Arc<Mutex<Vec<Uuid>>>,
}

impl Audit {
    /// Tells through `writer` what `store` keeps.
    #[must_use]
    pub fn new(store: Store, writer: AuditWriter) -> Self {
        Self { store, writer, handed_over: Arc::default() }
    }

    /// Tells what an earlier process had no time to tell.
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

    /// Tells what follows from an attempt, which is kept already.
    pub(super) fn tell(&self, finish: &FinishedAttempt) {
        if let NextStep::Done { event, .. } = &finish.next {
            self.hand_over((**event).clone());
        }
    }

    /// Forgets from time to time what was delivered, until the service stops.
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

    /// Delivers what is left and forgets what was delivered. What DataStorage
    /// did not take stays for the next start.
    pub async fn close(self) {
        let stats = self.writer.close(CLOSE).await;
        if stats.lost == 0 {
            self.confirm(0).await;
        } else {
            tracing::warn!(
                events = stats.lost,
                "audit events stay in the outbox for the next start"
            );
        }
    }

    fn hand_over(&self, event: datastorage_client::NewEvent) {
        // In this order, so that an event whose id is in the list has been
        // handed over or is about to be, see `confirm`.
        let mut handed_over = self.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
        handed_over.push(event.event_id);
        self.writer.record(event);
    }

    /// Forgets what was delivered: everything that was handed over before a
    /// moment at which nothing waits and nothing was lost since the last look.
    /// What was lost stays in the outbox for the next start. Returns how many
    /// were lost so far.
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
