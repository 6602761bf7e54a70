//! Phase 1: one cargo call for all services and suites of the invocation, and
//! the bytes of what it made.

mod binaries;
mod cargo;
mod copies;
pub(crate) mod executables;
mod graph;
pub mod image;
mod toolchain;

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

pub(crate) use executables::CachedExecutable;
pub use executables::Compiled;

use crate::context::Context;
use crate::run::ledger::Ledger;
use crate::run::{FileLock, Layout};
use crate::workspace::{Service, TestTarget};
use nextest_metadata::BinaryListSummary;

/// How long cargo may take: a cold build of a large workspace.
const CARGO: Duration = Duration::from_secs(2 * 60 * 60);

/// How long the builds of other invocations may take before this one.
const OTHERS: Duration = CARGO;

/// What is to be built.
pub(crate) struct BuildRequest<'a> {
    pub(crate) services: Vec<&'a Service>,
    pub(crate) tests: Vec<&'a TestTarget>,
    pub(crate) profile: Option<String>,
}

/// What one invocation built, of no run yet: the runs share it.
#[derive(Debug)]
pub(crate) struct Build {
    services: BTreeMap<String, Compiled>,
    /// What nextest is told instead of building and listing by itself.
    pub(crate) nextest: NextestInputs,
}

/// Files that let nextest reuse the build.
#[derive(Clone, Debug)]
pub(crate) struct NextestInputs {
    /// For `--cargo-metadata`.
    pub(crate) cargo_metadata: Utf8PathBuf,
    /// For `--binaries-metadata`, as a document.
    pub(crate) binaries: BinaryListSummary,
}

impl Build {
    /// What was built for a service of one of the jobs.
    pub(crate) fn service(&self, name: &str) -> anyhow::Result<&Compiled> {
        self.services
            .get(name)
            .ok_or_else(|| anyhow::anyhow!("service `{name}` was not part of the build"))
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Compiled> {
        self.services.values()
    }
}

/// Builds everything that the jobs need, for the runs with these ledgers.
///
/// From cargo's start until everything is in the store, the invocation holds a
/// lock on the target folder: another selection of packages could make cargo
/// write other bytes to the same path.
pub(crate) fn build(
    context: &Context,
    request: &BuildRequest<'_>,
    ledgers: &[&Ledger],
) -> anyhow::Result<Build> {
    let workspace = &context.workspace;
    let layout = Layout::below(&workspace.target_directory);
    let (services, binaries) = locked_build(context, &layout, request, ledgers)?;
    // After cargo, which would wait for the other's lock on the package cache.
    let cargo_metadata = graph::cargo_metadata(context, &layout)?;
    Ok(Build { services, nextest: NextestInputs { cargo_metadata, binaries } })
}

type Parts = (BTreeMap<String, Compiled>, BinaryListSummary);

fn locked_build(
    context: &Context,
    layout: &Layout,
    request: &BuildRequest<'_>,
    ledgers: &[&Ledger],
) -> anyhow::Result<Parts> {
    let _lock = FileLock::take(&layout.build_lock(), OTHERS, &context.interrupt, || {
        context.ui.line("waiting for the build of another onetag command");
    })?;
    copies::forget_those_of_others(context, layout)?;
    let selection = cargo::Selection::of(request);
    let artifacts = cargo::build(context, &selection, ledgers)?;
    let store = executables::ExecutableCache::open(layout, &context.workspace.root, ledgers)?;
    let mut services = BTreeMap::new();
    for (name, service) in selection.services() {
        let binary = artifacts.binary(&service.package, &service.binary)?;
        let compiled = store.compiled(name, &binary)?;
        services.insert(name.to_owned(), compiled);
    }
    let binaries = binaries::summary(context, layout, &artifacts, &store)?;
    Ok((services, binaries))
}
