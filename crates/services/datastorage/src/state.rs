//! What the handlers share.

use kit::database::{DATABASE_PART, StoreError};
use kit::{Problem, Readiness, Service};

use crate::audit::trail::TrailWriter;
use crate::recorder::Recorder;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// For reading and for the catalog; the trail is written through `trail`.
    pub(crate) store: Store,
    pub(crate) trail: TrailWriter,
    pub(crate) recorder: Recorder,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database and its trail. Starts a task,
    /// so it must be called within a tokio runtime.
    pub fn new(service: &Service, store: Store, trail: TrailWriter) -> Self {
        let recorder = Recorder::start(service, trail.clone());
        Self { store, trail, recorder, readiness: service.readiness.clone() }
    }

    /// Appends the service's remaining own audit events to the trail. Call it
    /// before the trail is closed.
    ///
    /// # Errors
    /// When some of them were lost.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.recorder.close().await {
            0 => Ok(()),
            lost => anyhow::bail!("{lost} audit events of our own could not be stored"),
        }
    }

    /// Marks the database as available, after a successful write.
    pub(crate) fn database_is_back(&self) {
        self.readiness.set_degraded(DATABASE_PART, false);
    }

    /// Turns a failure of the database into a problem. If the database is
    /// unavailable, `/health/ready` shows it at once.
    pub(crate) fn problem(&self, error: StoreError) -> Problem {
        if matches!(error, StoreError::Unavailable(_)) {
            self.readiness.set_degraded(DATABASE_PART, true);
        }
        error.into()
    }
}
