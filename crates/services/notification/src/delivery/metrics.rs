//! The metrics of deliveries.

use contract::Words as _;
use kit::Service;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::store::{FinishedAttempt, Job, NextStep};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    channel: &'static str,
    outcome: &'static str,
}

/// Counters of attempts and of finished channels.
#[derive(Clone, Debug)]
pub struct Metrics {
    attempts: Family<Labels, Counter>,
    deliveries: Family<Labels, Counter>,
}

impl Metrics {
    /// Registers the counters.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        let metrics = Self { attempts: Family::default(), deliveries: Family::default() };
        service.metrics.register(
            "notification_attempts",
            "Attempts at a delivery, by channel type and outcome",
            metrics.attempts.clone(),
        );
        service.metrics.register(
            "notification_deliveries",
            "Channels that are done, by type and outcome",
            metrics.deliveries.clone(),
        );
        metrics
    }

    pub(super) fn attempt(&self, job: &Job, finish: &FinishedAttempt) {
        let channel = job.channel.kind.as_str();
        let outcome = if finish.succeeded() { "success" } else { "failure" };
        let labels = Labels { channel, outcome };
        self.attempts.get_or_create(&labels).inc();
        if matches!(finish.next, NextStep::Done { .. }) {
            self.deliveries.get_or_create(&labels).inc();
        }
    }
}
