//! Waiting for a condition, with a deadline and a last word.

use std::time::{Duration, Instant};

/// How long any condition may take, on a machine that has other things to do.
const DEADLINE: Duration = Duration::from_secs(30);

/// One look at a condition.
pub(crate) enum Look<T> {
    Done(T),
    /// What was seen instead.
    NotYet(String),
}

/// Looks until the condition holds.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Look<T>) -> T {
    let started = Instant::now();
    loop {
        let last = match look() {
            Look::Done(value) => return value,
            Look::NotYet(last) => last,
        };
        assert!(started.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}; last seen: {last}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Looks until the condition holds or this much time has passed; says whether it
/// held. For what may or may not happen.
pub(crate) fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    loop {
        if holds() {
            return true;
        }
        if started.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1).min(limit));
    }
}
