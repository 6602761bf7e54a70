//! How many runs of a command go on at the same time.

use std::num::NonZero;
use std::thread::available_parallelism;

use super::Job;
use crate::backend::{BackendKind, ExternalForm};
use crate::system::available_memory;
use crate::workspace::DatabaseKind;

/// Runs for each processor. Suites mostly wait: for services to be ready, for conditions,
/// for what takes its time on purpose.
const RUNS_PER_CORE: usize = 2;

/// The same where each run has a database server or containers, which work as well: ten
/// suites on PostgreSQL, four at once on two processors, took as long as two at once, and
/// waits of the suites ran out.
const HEAVY_RUNS_PER_CORE: usize = 1;

/// How much memory a run may need, in bytes: ten services of 40 MiB, and nextest with its
/// tests. A guess; who knows better says `--jobs`.
const MEMORY_PER_RUN: u64 = 512 << 20;

/// How many runs go on at the same time unless the caller says.
pub(super) fn default_jobs(jobs: &[Job<'_>], backend: BackendKind) -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let has_containers = backend.backend().externals == ExternalForm::Image;
    let has_server = jobs.iter().any(|job| job.plan.uses(DatabaseKind::Postgres));
    runs(cores, has_containers || has_server, available_memory())
}

/// As many as the processors serve and the memory allows, in bytes where it is known; at
/// least one.
fn runs(cores: usize, are_heavy: bool, memory: Option<u64>) -> usize {
    let served = cores * if are_heavy { HEAVY_RUNS_PER_CORE } else { RUNS_PER_CORE };
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
        assert_eq!(runs(1, false, gib(16)), 2);
        assert_eq!(runs(2, false, gib(16)), 4);
        assert_eq!(runs(2, true, gib(16)), 2);
        assert_eq!(runs(2, false, gib(1)), 2);
        assert_eq!(runs(16, false, gib(4)), 8);
        assert_eq!(runs(16, true, gib(4)), 8);
        assert_eq!(runs(2, false, Some(100 << 20)), 1);
        assert_eq!(runs(2, false, None), 4);
    }
}
