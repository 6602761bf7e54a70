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
