//! The background task that delivers notifications.
//!
//! It claims due deliveries, makes the attempts, and stores each outcome. If
//! the process ends before an outcome is stored, the attempt is repeated at the
//! next start: its receiver may get the message twice. A stored success is
//! never sent again.

mod attempt;
mod audit;
mod metrics;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use kit::Service;
use kit::database::StoreError;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::channel::Channels;
use crate::model::RetryPolicy;
use crate::store::{Job, Store};

pub use audit::Audit;
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
    /// Sends the audit events.
    pub audit: Audit,
    /// The metrics.
    pub metrics: Metrics,
    /// Wakes the dispatcher when there is something new.
    pub wake: Arc<Notify>,
}

impl Dispatcher {
    /// Runs until the service is asked to stop, then waits for running attempts
    /// for at most 8 s.
    pub async fn run(self, service: Service) {
        let mut attempts = JoinSet::new();
        loop {
            let wait = self.take_up(&mut attempts).await;
            tokio::select! {
                () = service.stopped() => break,
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
    }

    /// Starts attempts of due deliveries, as far as there is room. Returns how
    /// long to wait before the next call.
    async fn take_up(&self, attempts: &mut JoinSet<()>) -> Duration {
        let room = MAX_PARALLEL.saturating_sub(attempts.len());
        if room == 0 {
            return POLL_INTERVAL;
        }
        let claim = match self.store.claim(room, now()).await {
            Ok(claim) => claim,
            Err(error) => {
                tracing::warn!("cannot look for what is due: {error}");
                return DATABASE_WAIT;
            }
        };
        for job in claim.jobs {
            attempts.spawn(self.clone().attempt(job));
        }
        match claim.next_due {
            // More deliveries are due than there is room for. The next attempt
            // that ends wakes the loop.
            Some(due) if due <= now() && attempts.len() >= MAX_PARALLEL => POLL_INTERVAL,
            Some(due) => Duration::try_from(due - now()).unwrap_or_default().min(POLL_INTERVAL),
            None => POLL_INTERVAL,
        }
    }

    /// Makes one attempt and stores its outcome.
    async fn attempt(self, job: Job) {
        use tracing::Instrument as _;

        let span = tracing::info_span!(
            "delivery",
            notification = job.spec.name,
            channel = job.channel.name(),
            attempt = job.number,
            correlation_id = job.spec.correlation_id,
        );
        async {
            let finish = attempt::make(&self.channels, &self.policy, &job).await;
            self.metrics.attempt(&job, &finish);
            self.keep(&job, &finish).await;
            self.audit.tell(&finish);
        }
        .instrument(span)
        .await;
        self.wake.notify_one();
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
