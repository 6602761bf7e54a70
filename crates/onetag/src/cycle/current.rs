//! What the phases of one run work with.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::Job;
use super::changes::Changes;
use crate::backend::{Deployed, Expected, Pinned};
use crate::build::Build;
use crate::context::Context;
use crate::run::Run;
use crate::suite::Selection;
use crate::workspace::Service;

/// What the phases of one run work with.
pub(super) struct Cycle<'a, 'run> {
    pub(super) context: &'a Context,
    pub(super) run: &'a Run<'run>,
    pub(super) job: &'a Job<'a>,
    pub(super) images: Images<'a>,
    /// None if nothing is tested.
    pub(super) selection: Option<&'a Selection<'a>>,
    pub(super) changes: Changes,
}

/// What the services of a run have to run.
pub(super) struct Images<'a> {
    pub(super) build: &'a Build,
    /// By external service.
    pub(super) pinned: BTreeMap<String, Pinned>,
}

impl Images<'_> {
    pub(super) fn pinned(&self, service: &str) -> anyhow::Result<&Pinned> {
        self.pinned.get(service).with_context(|| format!("`{service}` was not looked for"))
    }

    /// Whether a service was deployed with the bytes that it has to run now.
    pub(super) fn are_those_of(
        &self,
        service: &Service,
        before: &Deployed,
    ) -> anyhow::Result<bool> {
        Ok(match service.external() {
            None => before.digests == self.build.service(&service.name)?.digests(),
            Some(_) => {
                let external = self.pinned(&service.name)?.external();
                before.digests == Expected::Pinned { pinned: external.image.digest }
                    && before.reference == external.name
            }
        })
    }
}

impl Cycle<'_, '_> {
    /// How a service was deployed before, in a kept run.
    pub(super) fn before(&self, service: &str) -> Option<&Deployed> {
        self.job.kept.as_ref()?.plan.services.get(service)
    }
}
