//! The readiness of a service.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// A service is *starting* until its steps before ready are done, for instance
/// a migration. Then it is *ready* until it is asked to stop.
///
/// A service stays ready when its database or a peer is unavailable: that is a
/// *degraded* part, since removing the service from the rotation would not
/// help. Clones are handles to the same state.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<RwLock<State>>);

/// The phase of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not ready yet.
    #[default]
    Starting,
    /// Serving.
    Ready,
    /// Asked to stop; in-flight requests are being answered.
    Stopping,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    waiting_for: Option<String>,
    degraded: BTreeSet<String>,
}

impl Readiness {
    /// The phase of the service.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.read(|state| state.phase)
    }

    /// The parts that are unavailable, in alphabetical order.
    #[must_use]
    pub fn degraded(&self) -> Vec<String> {
        self.read(|state| state.degraded.iter().cloned().collect())
    }

    /// What a starting service waits for, for people.
    #[must_use]
    pub fn waiting_for(&self) -> Option<String> {
        self.read(|state| state.waiting_for.clone())
    }

    /// Sets what a starting service waits for.
    pub fn wait_for(&self, what: impl fmt::Display) {
        self.write(|state| state.waiting_for = Some(what.to_string()));
    }

    /// Marks a part as degraded or not; changes are logged once.
    pub fn set_degraded(&self, part: &str, away: bool) {
        let changed = self.write(|state| {
            if away { state.degraded.insert(part.to_owned()) } else { state.degraded.remove(part) }
        });
        match (changed, away) {
            (true, true) => tracing::warn!(part, "degraded"),
            (true, false) => tracing::info!(part, "no longer degraded"),
            (false, _) => {}
        }
    }

    /// Marks the service as ready. A stopping service stays stopping.
    pub(crate) fn ready(&self) {
        self.write(|state| {
            if state.phase == Phase::Starting {
                state.phase = Phase::Ready;
                state.waiting_for = None;
            }
        });
    }

    /// Marks the service as stopping, for good.
    pub(crate) fn stopping(&self) {
        self.write(|state| state.phase = Phase::Stopping);
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopping_is_final() {
        let readiness = Readiness::default();
        assert_eq!(readiness.phase(), Phase::Starting);
        readiness.ready();
        assert_eq!(readiness.phase(), Phase::Ready);
        readiness.stopping();
        readiness.ready();
        assert_eq!(readiness.phase(), Phase::Stopping);
    }

    #[test]
    fn a_part_that_comes_back_is_no_longer_degraded() {
        let readiness = Readiness::default();
        readiness.set_degraded("datastorage", true);
        readiness.set_degraded("database", true);
        assert_eq!(readiness.degraded(), ["database", "datastorage"]);
        readiness.set_degraded("datastorage", false);
        assert_eq!(readiness.degraded(), ["database"]);
    }
}
