//! The background task that delivers notifications.
//!
//! It claims due deliveries, makes the attempts, and stores each outcome. A
//! claim is a lease, renewed while the attempt runs, so several processes share
//! one database. If a process ends before an outcome is stored, any process
//! repeats the attempt once the lease has ended: its receiver may get the
//! message twice. A stored success is never sent again.

mod attempt;
mod metrics;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kit::database::StoreError;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::channel::Channels;
use crate::model::RetryPolicy;
use crate::store::{Job, Store};

pub use metrics::Metrics;

/// How many attempts run at the same time.
const MAX_PARALLEL: usize = 32;

/// How long to wait before the database is tried again.
const DATABASE_WAIT: Duration = Duration::from_secs(1);

/// How often to ask for due notifications at least, in case the clock was set.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// How long attempts may take after the service was asked to stop; less than
/// the kit allows for a stop step.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// Delivers notifications. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    /// The stored notifications.
    pub store: Store,
    /// The channels.
    pub channels: Arc<Channels>,
    /// The retry policy.
    pub policy: RetryPolicy,
    /// How long a claim lasts without being renewed.
    pub lease: Duration,
    /// The metrics.
    pub metrics: Metrics,
    /// Wakes the dispatcher when there is something new.
    pub wake: Arc<Notify>,
    /// The owners of the attempts that are under way.
    pub held: Arc<Mutex<Vec<Uuid>>>,
}

/// An attempt that is under way; over when it is dropped, by a panic too.
struct Held {
    all: Arc<Mutex<Vec<Uuid>>>,
    owner: Uuid,
}

impl Held {
    fn new(all: &Arc<Mutex<Vec<Uuid>>>, owner: Uuid) -> Self {
        all.lock().unwrap_or_else(PoisonError::into_inner).push(owner);
        Self { all: Arc::clone(all), owner }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|owner| *owner != self.owner);
    }
}

impl Dispatcher {
    /// Runs until it is asked to stop, then waits for running attempts for at
    /// most 8 s.
    ///
    /// # Errors
    ///
    /// None; it goes on after every failure.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut attempts = JoinSet::new();
        loop {
            let wait = self.take_up(&mut attempts).await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
                // An attempt has ended, so there is room for another one.
                Some(_) = attempts.join_next() => {}
            }
            // Remove all other ended attempts.
            while attempts.try_join_next().is_some() {}
        }
        let ended = async { while attempts.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            let left = attempts.len();
            tracing::warn!(left, "attempts were cut off and are made again at the next start");
        }
        Ok(())
    }

    /// Starts attempts of due deliveries, as far as there is room. Returns how
    /// long to wait before the next call.
    async fn take_up(&self, attempts: &mut JoinSet<()>) -> Duration {
        let room = MAX_PARALLEL.saturating_sub(attempts.len());
        if room == 0 {
            return POLL_INTERVAL;
        }
        let held: Vec<_> = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let claim = match self.store.claim(room, self.lease, &held).await {
            Ok(claim) => claim,
            Err(error) => {
                tracing::warn!("cannot look for what is due: {error}");
                return DATABASE_WAIT;
            }
        };
        for job in claim.jobs {
            let held = Held::new(&self.held, job.owner);
            attempts.spawn(self.clone().attempt(job, held));
        }
        // Another process may have claimed something since, and died.
        let poll = POLL_INTERVAL.min(self.lease);
        match claim.wait {
            // More deliveries are due than there is room for. The next attempt
            // that ends wakes the loop.
            Some(Duration::ZERO) if attempts.len() >= MAX_PARALLEL => poll,
            Some(wait) => wait.min(poll),
            None => poll,
        }
    }

    /// Makes one attempt and stores its outcome.
    async fn attempt(self, job: Job, _held: Held) {
        use tracing::Instrument as _;

        let span = tracing::info_span!(
            "delivery",
            notification = job.spec.name,
            channel = job.channel.name(),
            attempt = job.number,
            correlation_id = job.spec.correlation_id,
        );
        async {
            let finish = tokio::select! {
                finish = attempt::make(&self.channels, &self.policy, &job) => finish,
                () = self.renew(&job) => unreachable!("renewing has no end"),
            };
            self.metrics.attempt(&job, &finish);
            self.keep(&job, &finish).await;
        }
        .instrument(span)
        .await;
        self.wake.notify_one();
    }

    /// Keeps the claim while the attempt runs.
    async fn renew(&self, job: &Job) {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            if let Err(error) = self.store.renew(job, self.lease).await {
                tracing::warn!("cannot renew the claim: {error}");
            }
        }
    }

    /// Stores the outcome, and retries while the database is unavailable: a
    /// lost outcome would send the message twice.
    async fn keep(&self, job: &Job, finish: &crate::store::FinishedAttempt) {
        loop {
            match self.store.finish(job, finish).await {
                Ok(()) => return,
                Err(error @ StoreError::Unavailable(_)) => {
                    tracing::warn!("cannot keep the outcome yet: {error}");
                    tokio::time::sleep(DATABASE_WAIT).await;
                }
                Err(error @ StoreError::Broken(_)) => {
                    tracing::error!("cannot keep the outcome: {error}");
                    return;
                }
            }
        }
    }
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
