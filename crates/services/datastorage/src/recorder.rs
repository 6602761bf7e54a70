//! The service's own audit events, written in the background.
//!
//! A request puts its event into a queue and is answered. One task takes the
//! queued events and appends them to the trail, which stores or spools them.
//! The queue is bounded. Events that do not fit, or that the trail refuses, are
//! counted in `datastorage_own_events_lost` and logged. The service ends only
//! when the queue is empty.

use std::sync::Arc;

use contract::datastorage::NewEvent;
use kit::Service;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Notify, mpsc, watch};

use crate::audit::trail::TrailWriter;

/// How many events may wait.
const CAPACITY: usize = 10_000;

/// How many events are appended together.
const BATCH: usize = 500;

/// Takes events and stores them in the background. Cheap to clone; clones share
/// one queue.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<NewEvent>,
    lost: Counter,
    closing: Arc<Notify>,
    /// Closes when the task ends, which drops the other end.
    running: watch::Receiver<()>,
}

/// The task behind a [`Recorder`].
struct Task {
    trail: TrailWriter,
    lost: Counter,
    queue: mpsc::Receiver<NewEvent>,
    closing: Arc<Notify>,
    _running: watch::Sender<()>,
}

impl Recorder {
    /// Starts the background task. Must be called within a tokio runtime.
    pub(crate) fn start(service: &Service, trail: TrailWriter) -> Self {
        let lost = Counter::default();
        service.metrics.register(
            "datastorage_own_events_lost",
            "Audit events that the service caused itself and could not store",
            lost.clone(),
        );
        let (sender, queue) = mpsc::channel(CAPACITY);
        let (_running, running) = watch::channel(());
        let closing = Arc::new(Notify::new());
        let task = Task { trail, lost: lost.clone(), queue, closing: closing.clone(), _running };
        tokio::spawn(task.run());
        Self { queue: sender, lost, closing, running }
    }

    /// Queues an event without waiting. If the queue is full or
    /// [closed](Self::close), the event is lost.
    pub fn record(&self, event: NewEvent) {
        if let Err(error) = self.queue.try_send(event) {
            self.lost.inc();
            tracing::error!(%error, "an audit event of our own is lost");
        }
    }

    /// Accepts no more events and waits until all queued ones are stored or
    /// lost. Returns how many were lost meanwhile.
    pub async fn close(&self) -> u64 {
        let before = self.lost.get();
        self.closing.notify_one();
        // The value never changes: the call fails once the task has dropped its
        // end.
        let _ = self.running.clone().changed().await;
        self.lost.get() - before
    }
}

impl Task {
    async fn run(mut self) {
        let mut events = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = self.queue.recv_many(&mut events, BATCH) => {
                    // The queue is closed and empty.
                    if taken == 0 {
                        return;
                    }
                    self.append(std::mem::take(&mut events)).await;
                }
                () = self.closing.notified() => self.queue.close(),
            }
        }
    }

    /// Appends events to the trail, and counts them as lost if that fails.
    async fn append(&self, events: Vec<NewEvent>) {
        let count = events.len();
        if let Err(error) = self.trail.append(events).await {
            self.lost.inc_by(count as u64);
            tracing::error!(events = count, %error, "audit events of our own are lost");
        }
    }
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
