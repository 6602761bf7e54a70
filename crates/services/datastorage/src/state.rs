//! What the handlers share.

use kit::database::{PART, StoreError};
use kit::{Problem, Readiness, Service};

use crate::audit::trail::Trail;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// To be read from; what is written to the trail goes through `trail`.
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    readiness: Readiness,
}

impl State {
    /// The state of a service with this database, and the trail in front of it.
    pub fn new(service: &Service, store: Store, trail: Trail) -> Self {
        Self { store, trail, readiness: service.readiness.clone() }
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
