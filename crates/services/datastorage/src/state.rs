//! What the handlers share.

use std::time::Duration;

use kit::{Problem, Readiness, Service};
use prometheus_client::metrics::counter::Counter;

use crate::store::{Store, StoreError};

/// The name under which `/health/ready` lists the database when it is away.
const DATABASE: &str = "database";

/// How often the database is looked at when nobody writes to it.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// When a caller may try again after a 503.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) store: Store,
    pub(crate) stored: Counter,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database.
    pub fn new(service: &Service, store: Store) -> Self {
        let stored = Counter::default();
        service.metrics.register(
            "datastorage_audit_events_stored",
            "Events written to the trail, without repetitions",
            stored.clone(),
        );
        Self {
            store,
            stored,
            readiness: service.readiness.clone(),
        }
    }

    /// Notes that the database did as it was told: it can be written.
    pub(crate) fn database_is_back(&self) {
        self.readiness.set_degraded(DATABASE, false);
    }

    /// Turns a failure of the database into an answer. Being away is noted and
    /// gets a 503, a mistake of ours a 500.
    pub(crate) fn problem(&self, error: StoreError) -> Problem {
        match error {
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database is away");
                self.readiness.set_degraded(DATABASE, true);
                Problem::unavailable("the database is away", RETRY_AFTER)
            }
            StoreError::Broken(error) => error.into(),
        }
    }

    /// Looks at the database from time to time until the service stops, so that
    /// `/health/ready` tells the truth without traffic too.
    pub async fn watch_database(self, service: Service) {
        let mut tick = tokio::time::interval(WATCH_INTERVAL);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = service.stopped() => return,
            }
            match self.store.check().await {
                Ok(()) => self.database_is_back(),
                Err(error) => {
                    let _ = self.problem(error);
                }
            }
        }
    }
}
