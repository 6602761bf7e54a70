//! The metrics of the trail and its spool.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kit::Service;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use time::OffsetDateTime;

use crate::spool::Spool;

/// The metrics of the trail and its spool. Clones share the numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    /// Events written to the database, without repetitions.
    pub(super) stored: Counter,
    /// Events that were acknowledged with 202.
    pub(super) spooled: Counter,
    /// Events that a replay found or put in the database.
    pub(super) replayed: Counter,
    /// Events that became dead letters.
    pub(super) rejected: Counter,
    depth: Gauge,
    age: Age,
}

/// How long something has been waiting, computed when the metrics are read.
#[derive(Clone, Debug)]
struct Age {
    /// Unix time in seconds, or [`NOTHING_WAITS`].
    since: Arc<AtomicI64>,
}

/// The value of [`Age::since`] when nothing waits.
const NOTHING_WAITS: i64 = i64::MAX;

impl Metrics {
    pub(super) fn register(service: &Service, spool: &Spool) -> Self {
        let metrics = Self::default();
        let Self { stored, spooled, replayed, rejected, depth, age } = metrics.clone();
        for (name, help, counter) in [
            (
                "datastorage_audit_events_stored",
                "Events written to the trail, without repetitions",
                stored,
            ),
            (
                "datastorage_spool_spooled",
                "Events that were put into the spool and acknowledged with 202",
                spooled,
            ),
            ("datastorage_spool_replayed", "Events of the spool that are in the trail", replayed),
            (
                "datastorage_spool_rejected",
                "Events of the spool that cannot be in the trail and became dead letters",
                rejected,
            ),
        ] {
            service.metrics.register(name, help, counter);
        }
        service.metrics.register("datastorage_spool_depth", "Events in the spool", depth);
        service.metrics.register(
            "datastorage_spool_age_seconds",
            "For how long the oldest event has been in the spool, 0 if there is none",
            age,
        );
        metrics.update(spool);
        metrics
    }

    /// Copies depth and age from the spool.
    pub(super) fn update(&self, spool: &Spool) {
        self.depth.set(i64::try_from(spool.depth()).unwrap_or(i64::MAX));
        let since = spool.waiting_since().map_or(NOTHING_WAITS, OffsetDateTime::unix_timestamp);
        self.age.since.store(since, Ordering::Relaxed);
    }
}

impl Default for Age {
    fn default() -> Self {
        Self { since: Arc::new(AtomicI64::new(NOTHING_WAITS)) }
    }
}

impl EncodeMetric for Age {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        // The clock may have been set back; an age is never negative.
        let age = now.saturating_sub(self.since.load(Ordering::Relaxed)).max(0);
        encoder.encode_gauge(&age)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}
