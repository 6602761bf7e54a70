//! Delivering notifications.
//!
//! A [worker](kit::work) claims due deliveries, makes the attempts, and stores each
//! outcome. If a process ends before an outcome is stored, any process repeats the
//! attempt once the lease has ended: its receiver may get the message twice. A
//! stored success is never sent again.

mod attempt;
mod metrics;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use kit::database::StoreError;
use kit::work::{Claim, Expiry, Queue};
use time::OffsetDateTime;
use tracing::Span;
use uuid::Uuid;

use crate::channel::Channels;
use crate::model::RetryPolicy;
use crate::store::{FinishedAttempt, Job, Store};

pub use metrics::Metrics;

/// The deliveries that are due. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Deliveries {
    /// The stored notifications.
    pub store: Store,
    /// The channels.
    pub channels: Arc<Channels>,
    /// The retry policy.
    pub policy: RetryPolicy,
    /// The metrics.
    pub metrics: Metrics,
}

impl Queue for Deliveries {
    type Job = Job;
    type Outcome = FinishedAttempt;

    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        expiry: Expiry<'_>,
    ) -> Result<Claim<Job>, StoreError> {
        self.store.claim(limit, lease, expiry).await
    }

    fn owner(job: &Job) -> Uuid {
        job.owner
    }

    fn span(job: &Job) -> Span {
        tracing::info_span!(
            "delivery",
            notification = job.spec.name,
            channel = job.channel.name(),
            attempt = job.number,
            correlation_id = job.spec.correlation_id,
        )
    }

    async fn renew(&self, job: &Job, lease: Duration) -> Result<(), StoreError> {
        self.store.renew(job, lease).await
    }

    async fn work(&self, job: &Job) -> FinishedAttempt {
        let finish = attempt::make(&self.channels, &self.policy, job).await;
        self.metrics.attempt(job, &finish);
        finish
    }

    async fn finish(&self, job: &Job, finish: &FinishedAttempt) -> Result<(), StoreError> {
        self.store.finish(job, finish).await
    }
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
