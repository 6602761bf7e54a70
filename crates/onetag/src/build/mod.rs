//! Phase 1: one call of cargo for the services, one for each package of suites, and
//! the bytes of what they made.

mod binaries;
mod cargo;
mod compiled;
mod configuration;
pub(crate) mod executables;
mod graph;
pub mod image;
mod messages;
mod request;
mod toolchain;

use std::collections::BTreeMap;

use anyhow::Context as _;
use camino::Utf8PathBuf;

pub use compiled::Compiled;
pub(crate) use executables::CachedExecutable;
pub(crate) use request::BuildRequest;

use crate::context::Context;
use crate::run::ledger::Ledger;
use crate::run::{FileLock, Layout};
use crate::workspace::TestTarget;
use messages::Artifacts;
use nextest_metadata::BinaryListSummary;

/// What one invocation built, of no run yet: the runs share it.
#[derive(Debug)]
pub(crate) struct Build {
    services: BTreeMap<String, Compiled>,
    /// What nextest is told instead of building and listing by itself.
    pub(crate) nextest: NextestInputs,
}

/// What lets nextest reuse the build.
#[derive(Clone, Debug)]
pub(crate) struct NextestInputs {
    /// A file, for `--cargo-metadata`.
    pub(crate) cargo_metadata: Utf8PathBuf,
    /// For `--binaries-metadata`, as a document.
    pub(crate) binaries: BinaryListSummary,
}

impl Build {
    /// What was built for a service that was asked for.
    pub(crate) fn service(&self, name: &str) -> anyhow::Result<&Compiled> {
        self.services
            .get(name)
            .with_context(|| format!("service `{name}` was not part of the build"))
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Compiled> {
        self.services.values()
    }
}

/// Builds what is asked for, for the runs with these ledgers.
///
/// From cargo's start until everything is in the executable cache, the invocation
/// holds a lock on the target folder: another selection of packages could make
/// cargo write other bytes to the same path.
pub(crate) fn build(
    context: &Context,
    request: &BuildRequest<'_>,
    ledgers: &[&Ledger],
) -> anyhow::Result<Build> {
    let layout = context.layout();
    let built = locked_build(context, &layout, request, ledgers)?;
    let toolchain = toolchain::toolchain(context, &layout)?;
    // After cargo, which would wait for the other's lock on the package cache.
    let graph = graph::graph(context, &layout, toolchain.as_ref())?;
    let folders = binaries::Folders {
        target: &context.workspace.target_directory,
        build: &graph.build_directory,
    };
    let binaries = binaries::summary(&folders, toolchain, &built.suites, &built.tests);
    let nextest = NextestInputs { cargo_metadata: graph.metadata, binaries };
    Ok(Build { services: built.services, nextest })
}

/// What is in the executable cache.
struct Built<'a> {
    services: BTreeMap<String, Compiled>,
    /// What the calls for the suites made, and where each test binary is kept.
    suites: Artifacts,
    tests: Vec<(&'a TestTarget, Utf8PathBuf)>,
}

fn locked_build<'a>(
    context: &Context,
    layout: &Layout,
    request: &'a BuildRequest<'_>,
    ledgers: &[&Ledger],
) -> anyhow::Result<Built<'a>> {
    let others = || context.ui.line("waiting for the build of another onetag command");
    let _lock =
        FileLock::take(&layout.build_lock(), cargo::BUILD_LIMIT, &context.interrupt, others)?;
    let workspace = &context.workspace;
    let cache = executables::ExecutableCache::open(layout, &workspace.root, ledgers)?;
    let mut services = BTreeMap::new();
    if let Some(call) = request.services_call(workspace) {
        let artifacts = cargo::build(context, &call, ledgers)?;
        for service in &request.services {
            let program = artifacts.program(&service.package_id, &service.binary);
            let program = program.with_context(|| {
                format!("cargo built no program `{}` of `{}`", service.binary, service.package)
            })?;
            services.insert(service.name.clone(), cache.compiled(service, program)?);
        }
    }
    // Before the next call: cargo builds the program of a package again for the
    // tests in it, with the features of their dependencies, and to the same path.
    let (mut suites, mut tests) = (Artifacts::default(), Vec::new());
    for (call, targets) in request.suite_calls(workspace) {
        let artifacts = cargo::build(context, &call, ledgers)?;
        for test in targets {
            let binary = artifacts.test(&test.package_id, &test.target);
            let binary =
                binary.with_context(|| format!("cargo built no test `{}`", test.binary_id))?;
            tests.push((test, cache.test(test, binary)?));
        }
        suites.extend(artifacts);
    }
    Ok(Built { services, suites, tests })
}
