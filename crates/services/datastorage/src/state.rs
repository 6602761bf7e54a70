//! What the handlers share.

use kit::database::{DATABASE_PART, StoreError};
use kit::{Problem, Readiness, Service};

use crate::audit::trail::TrailWriter;
use crate::recorder::Recorder;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// To be read from; what is written to the trail goes through `trail`.
    pub(crate) store: Store,
    pub(crate) trail: TrailWriter,
    pub(crate) recorder: Recorder,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database, and the trail in front of it.
    /// It starts a task, so it has to be called within a runtime.
    pub fn new(service: &Service, store: Store, trail: TrailWriter) -> Self {
        let recorder = Recorder::start(service, trail.clone());
        Self { store, trail, recorder, readiness: service.readiness.clone() }
    }

    /// The end of the service's own audit events: the trail takes them over before
    /// it is closed.
    ///
    /// # Errors
    /// When it could not take some of them.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.recorder.close().await {
            0 => Ok(()),
            lost => anyhow::bail!("{lost} audit events of our own could not be stored"),
        }
    }

    /// Notes that the database did as it was told: it can be written.
    pub(crate) fn database_is_back(&self) {
        self.readiness.set_degraded(DATABASE_PART, false);
    }

    /// Turns a failure of the database into an answer. Being away is noted, so
    /// that `/health/ready` tells the truth before the next look.
    pub(crate) fn problem(&self, error: StoreError) -> Problem {
        if matches!(error, StoreError::Unavailable(_)) {
            self.readiness.set_degraded(DATABASE_PART, true);
        }
        error.into()
    }
}
