//! Whether the service can do something useful.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// A service is *starting* until it can do something useful for the first time
/// (its schema is known good), then *ready* until it is told to stop.
///
/// Being ready survives the loss of a database or a peer: those are *degraded*
/// parts, because taking the service out of the rotation would not bring them
/// back. Clones are handles to the same state.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<RwLock<State>>);

/// Where a service is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not useful yet.
    #[default]
    Starting,
    /// Serving.
    Ready,
    /// Told to stop; in-flight requests are being answered.
    Stopping,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    waiting_for: Option<String>,
    degraded: BTreeSet<String>,
}

impl Readiness {
    /// Where the service is in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.read(|state| state.phase)
    }

    /// The parts that are away, in alphabetical order.
    #[must_use]
    pub fn degraded(&self) -> Vec<String> {
        self.read(|state| state.degraded.iter().cloned().collect())
    }

    /// What keeps a starting service from being ready, for people who ask.
    #[must_use]
    pub fn waiting_for(&self) -> Option<String> {
        self.read(|state| state.waiting_for.clone())
    }

    /// Says what keeps the service from being ready.
    pub fn wait_for(&self, what: impl fmt::Display) {
        self.write(|state| state.waiting_for = Some(what.to_string()));
    }

    /// Marks a part as away or back; changes are logged once.
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

    /// The service can do something useful. A service that was told to stop
    /// stays stopping.
    pub(crate) fn ready(&self) {
        self.write(|state| {
            if state.phase == Phase::Starting {
                state.phase = Phase::Ready;
                state.waiting_for = None;
            }
        });
    }

    /// The service was told to stop. There is no way back.
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
