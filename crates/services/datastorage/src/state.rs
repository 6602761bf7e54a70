//! What the handlers share.

use kit::database::{DATABASE_PART, StoreError};
use kit::{Problem, Readiness, Service};

use crate::audit::trail::TrailWriter;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// For reading and for the catalog; the trail is written through `trail`.
    pub(crate) store: Store,
    pub(crate) trail: TrailWriter,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database and its trail.
    pub fn new(service: &Service, store: Store, trail: TrailWriter) -> Self {
        Self { store, trail, readiness: service.readiness.clone() }
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
