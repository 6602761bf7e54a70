//! What the phases of one run work with.

use super::Job;
use super::changes::Changes;
use crate::backend::Deployed;
use crate::build::Build;
use crate::context::Context;
use crate::run::Run;

/// What the phases of one run work with.
pub(super) struct Cycle<'a, 'run> {
    pub(super) context: &'a Context,
    pub(super) run: &'a Run<'run>,
    pub(super) job: &'a Job<'a>,
    pub(super) build: &'a Build,
    pub(super) changes: Changes,
}

impl Cycle<'_, '_> {
    /// How a service was deployed before, in a kept run.
    pub(super) fn before(&self, service: &str) -> Option<&Deployed> {
        self.job.kept.as_ref()?.plan.services.get(service)
    }
}
