//! The audit writer: accepts events without blocking, and sends them in
//! batches.
//!
//! A caller never waits for DataStorage. One background task collects events
//! and sends a batch when it is full or has waited long enough. It repeats
//! failed batches with the same event ids, so that no event is stored twice.
//! Events that could not be delivered are counted in [`WriterStats::lost`] and
//! logged.

mod batch;
mod deliver;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::Client;
use contract::datastorage::NewEvent;
use deliver::Deliverer;

/// How long delivery goes on when every handle was dropped without `close`.
const GRACE_WITHOUT_CLOSE: Duration = Duration::from_secs(5);

/// Limits and waits of an [`AuditWriter`].
#[derive(Clone, Debug)]
pub struct WriterConfig {
    /// How many events may wait; further events are lost.
    pub capacity: usize,
    /// How many events go into one batch. DataStorage accepts at most 1000.
    pub batch_events: usize,
    /// How many bytes go into one batch. DataStorage accepts at most 1 MiB.
    pub batch_bytes: usize,
    /// How long the first event of a batch waits for others.
    pub batch_wait: Duration,
    /// The wait after the first failed delivery.
    pub retry_initial: Duration,
    /// The longest wait between two deliveries; each is twice the one before.
    pub retry_max: Duration,
}

/// Counts of the recorded events. `stored + lost + waiting` is their total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterStats {
    /// Accepted by DataStorage: in its database or in its spool.
    pub stored: u64,
    /// Never delivered: the buffer was full, DataStorage refused them, or the
    /// writer was closed before.
    pub lost: u64,
    /// In the buffer or being sent.
    pub waiting: u64,
}

/// Sends events to DataStorage without blocking. Cheap to clone; clones share
/// one buffer and one background task.
#[derive(Clone, Debug)]
pub struct AuditWriter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    events: mpsc::Sender<NewEvent>,
    counters: Arc<Counters>,
    closing: watch::Sender<Option<Instant>>,
    done: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Counters {
    handed_over: AtomicU64,
    stored: AtomicU64,
    lost: AtomicU64,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            batch_events: 500,
            // A little below DataStorage's limit of 1 MiB for a body.
            batch_bytes: 1_000_000,
            batch_wait: Duration::from_millis(200),
            retry_initial: Duration::from_millis(100),
            retry_max: Duration::from_secs(5),
        }
    }
}

impl AuditWriter {
    /// Starts the background task on the current tokio runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime, and if `capacity` is 0.
    pub fn start(client: Client, config: WriterConfig) -> Self {
        let (events, waiting) = mpsc::channel(config.capacity);
        let (closing, closing_seen) = watch::channel(None);
        let (done_sender, done) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let deliverer =
            Deliverer::new(client, config, waiting, Arc::clone(&counters), closing_seen);
        tokio::spawn(async move {
            deliverer.run().await;
            done_sender.send_replace(true);
        });
        Self(Arc::new(Shared { events, counters, closing, done }))
    }

    /// Records an event without waiting. If the buffer is full or the writer is
    /// closed, the event is lost, which is counted and logged.
    pub fn record(&self, event: NewEvent) {
        let counters = &self.0.counters;
        counters.handed_over.fetch_add(1, Ordering::Relaxed);
        match self.0.events.try_send(event) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(event)) => {
                counters.lose(1, &format!("the buffer is full (last: {})", event.event_type));
            }
            Err(mpsc::error::TrySendError::Closed(event)) => {
                counters.lose(1, &format!("the writer is closed (last: {})", event.event_type));
            }
        }
    }

    /// The counts so far.
    pub fn stats(&self) -> WriterStats {
        self.0.counters.stats()
    }

    /// Accepts no more events, and returns when all waiting ones are delivered
    /// or `within` is over; the rest is lost. A second call waits for the
    /// first.
    pub async fn close(&self, within: Duration) -> WriterStats {
        self.0.request_close(within);
        // The wait fails only if the task panicked; then there is nothing left
        // to wait for.
        let _ = self.0.done.clone().wait_for(|done| *done).await;
        self.stats()
    }
}

impl Shared {
    /// Asks the background task to end; the first request sets the deadline.
    fn request_close(&self, within: Duration) {
        let deadline = Instant::now() + within;
        self.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert(deadline);
            first
        });
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.request_close(GRACE_WITHOUT_CLOSE);
    }
}

impl Counters {
    fn store(&self, events: usize) {
        self.stored.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// Counts lost events and logs them. While the buffer is full every event
    /// is lost, so it logs only when the total passes 1, 2, 4, 8, …
    fn lose(&self, events: usize, reason: &str) {
        let events = events as u64;
        let before = self.lost.fetch_add(events, Ordering::Relaxed);
        let total = before + events;
        if events > 1 || before == 0 || before.ilog2() != total.ilog2() {
            tracing::error!(lost = total, reason, "audit events were lost");
        }
    }

    fn stats(&self) -> WriterStats {
        let stored = self.stored.load(Ordering::Relaxed);
        let lost = self.lost.load(Ordering::Relaxed);
        let handed_over = self.handed_over.load(Ordering::Relaxed);
        WriterStats { stored, lost, waiting: handed_over.saturating_sub(stored + lost) }
    }
}
