//! What the handlers share.

use kit::database::{PART, StoreError};
use kit::{Problem, Readiness, Service};
use prometheus_client::metrics::counter::Counter;

use crate::recorder::Recorder;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) store: Store,
    pub(crate) stored: Counter,
    pub(crate) recorder: Recorder,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database. It starts a task, so it has to
    /// be called within a runtime.
    pub fn new(service: &Service, store: Store) -> Self {
        let stored = Counter::default();
        service.metrics.register(
            "datastorage_audit_events_stored",
            "Events written to the trail, without repetitions",
            stored.clone(),
        );
        let recorder = Recorder::start(service, store.clone(), stored.clone());
        Self { store, stored, recorder, readiness: service.readiness.clone() }
    }

    /// The end of the service's own audit events: they are stored before the
    /// database is closed.
    ///
    /// # Errors
    /// When some of them could not be stored.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.recorder.close().await {
            0 => Ok(()),
            lost => anyhow::bail!("{lost} audit events of our own could not be stored"),
        }
    }

    /// Notes that the database did as it was told: it can be written.
    pub(crate) fn database_is_back(&self) {
        self.readiness.set_degraded(PART, false);
    }

    /// Turns a failure of the database into an answer. Being away is noted, so
    /// that `/health/ready` tells the truth before the next look.
    pub(crate) fn problem(&self, error: StoreError) -> Problem {
        if matches!(error, StoreError::Unavailable(_)) {
            self.readiness.set_degraded(PART, true);
        }
        error.into()
    }
}
