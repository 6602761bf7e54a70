//! Waiting for a condition, with a deadline.

use std::ops::ControlFlow::{self, Break, Continue};
use std::time::{Duration, Instant};

use anyhow::ensure;

/// The pause between two probes: short beside what is measured.
const PROBE_INTERVAL: Duration = Duration::from_millis(1);

/// Probes until the condition holds: [`Break`] has what came of it, [`Continue`]
/// what was seen instead.
///
/// # Errors
///
/// That of a probe, or of `check`, at once; after `limit` what was seen last.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    check: impl Fn() -> anyhow::Result<()>,
    mut probe: impl FnMut() -> anyhow::Result<ControlFlow<T, String>>,
) -> anyhow::Result<T> {
    let started = Instant::now();
    loop {
        let last = match probe()? {
            Break(value) => return Ok(value),
            Continue(last) => last,
        };
        check()?;
        let in_time = started.elapsed() < limit;
        ensure!(in_time, "{what} took longer than {limit:?}; last seen: {last}");
        std::thread::sleep(PROBE_INTERVAL);
    }
}
