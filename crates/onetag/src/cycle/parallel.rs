//! How many runs of a command go on at the same time.

use std::num::NonZero;
use std::thread::available_parallelism;

use crate::system::available_memory;

/// Runs for each processor. Suites mostly wait: for services to be ready, for conditions,
/// for what takes its time on purpose.
const RUNS_PER_CORE: usize = 2;

/// How much memory a run may need, in bytes: ten services of 40 MiB, and nextest with its
/// tests. A guess; who knows better says `--jobs`.
const MEMORY_PER_RUN: u64 = 512 << 20;

/// How many runs go on at the same time unless the caller says.
pub(super) fn default_jobs() -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    jobs(cores, available_memory())
}

/// As many as the processors serve and the memory allows, in bytes where it is known; at
/// least one.
fn jobs(cores: usize, memory: Option<u64>) -> usize {
    let served = cores * RUNS_PER_CORE;
    let allowed = memory
        .map_or(served, |memory| usize::try_from(memory / MEMORY_PER_RUN).unwrap_or(usize::MAX));
    served.min(allowed).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory_bound_the_runs() {
        let gib = |number: u64| Some(number << 30);
        assert_eq!(jobs(1, gib(16)), 2);
        assert_eq!(jobs(2, gib(16)), 4);
        assert_eq!(jobs(2, gib(1)), 2);
        assert_eq!(jobs(16, gib(4)), 8);
        assert_eq!(jobs(2, Some(100 << 20)), 1);
        assert_eq!(jobs(2, None), 4);
    }
}
