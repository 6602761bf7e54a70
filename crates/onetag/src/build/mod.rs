//! Phase 1: one call of cargo for the services, one for each package of suites, and
//! the bytes of what they made; then the images that engines build.

mod binaries;
mod cargo;
mod compiled;
mod configuration;
mod containerfile;
mod early;
pub(crate) mod executables;
mod files;
mod graph;
pub mod image;
mod messages;
mod request;
mod sources;
mod toolchain;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Context as _, ensure};
use camino::Utf8PathBuf;

pub use compiled::Compiled;
pub(crate) use containerfile::{WantedBy, check_containerfiles};
pub(crate) use executables::CachedExecutable;
pub(crate) use files::check_files;
pub(crate) use request::BuildRequest;

use crate::context::Context;
use crate::run::ledger::Ledger;
use crate::run::{FileLock, Layout};
use crate::workspace::{Program, TestTarget};
use cargo::Outcome;
use executables::{service_note, test_note};
use messages::Artifacts;
use nextest_metadata::BinaryListSummary;
use request::Call;
use sources::Sources;

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

    /// Has engines build what cargo did not: the images of services with a containerfile.
    pub(crate) fn with_images(
        mut self,
        context: &Context,
        runs: &[WantedBy<'_>],
    ) -> anyhow::Result<Build> {
        let images = containerfile::build_images(context, runs)?;
        let images = images.into_iter().map(|image| (image.service().to_owned(), image));
        self.services.extend(images);
        Ok(self)
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Compiled> {
        self.services.values()
    }
}

/// What is told of each service as soon as cargo has built it, and once more when that is
/// final: in between cargo may have built it again.
pub(crate) type OnBuilt<'a> = dyn Fn(&Compiled) + Sync + 'a;

/// Builds what is asked for, for the runs with these ledgers.
///
/// From cargo's start until everything is in the executable cache, the invocation
/// holds a lock on the target folder: another selection of packages could make
/// cargo write other bytes to the same path.
pub(crate) fn build(
    context: &Context,
    request: &BuildRequest<'_>,
    ledgers: &[&Ledger],
    on_built: &OnBuilt<'_>,
) -> anyhow::Result<Build> {
    let layout = context.layout();
    let toolchain = toolchain::toolchain(context, &layout)?;
    let library = toolchain.as_ref().map(|toolchain| toolchain.library.clone());
    let built = locked_build(context, &layout, request, library, ledgers, on_built)?;
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

/// The calls of cargo that build what is asked for, in their order.
pub(crate) fn commands(
    context: &Context,
    request: &BuildRequest<'_>,
) -> anyhow::Result<Vec<Command>> {
    let services = request.services_call(&context.workspace).into_iter();
    let suites = request.suite_calls(&context.workspace).into_iter().map(|(call, _)| call);
    services.chain(suites).map(|call| cargo::command(context, &call)).collect()
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
    library: Option<Utf8PathBuf>,
    ledgers: &[&Ledger],
    on_built: &OnBuilt<'_>,
) -> anyhow::Result<Built<'a>> {
    let others = || context.ui.line("waiting for the build of another onetag command");
    let _lock =
        FileLock::take(&layout.build_lock(), cargo::BUILD_LIMIT, &context.interrupt, others)?;
    let workspace = &context.workspace;
    let cache = executables::ExecutableCache::open(layout, workspace, library, ledgers)?;
    let mut builder = Builder { context, ledgers, sources: request.sources(workspace, layout) };
    // Copying and hashing go on beside the next call.
    thread::scope(|scope| {
        let mut hashing = Vec::new();
        if let Some(call) = request.services_call(workspace) {
            let (sender, messages) = channel();
            let services = &request.services;
            let early = scope.spawn(|| early::take_in(&cache, services, messages, on_built));
            let built = builder.build(&call, Some(sender.clone()));
            // What holds cargo's output beyond its end holds the other sender as well.
            let _ = sender.send(early::END.to_vec());
            early.join().expect("taking in does not panic");
            let artifacts = built?;
            for service in services {
                let Some(Program { package, package_id, binary, .. }) = service.program() else {
                    continue;
                };
                let program = artifacts.program(package_id, binary);
                let program = program
                    .with_context(|| format!("cargo built no program `{binary}` of `{package}`"))?;
                let mut taken = cache.take(&service_note(&service.name), program)?;
                if request.tests.iter().any(|test| test.package_id == *package_id) {
                    // Now: cargo builds the program of a package again for the tests in
                    // it, with the features of their dependencies, and to the same path.
                    taken = cache.copied(taken)?;
                }
                let hash = || cache.compiled(service, taken).inspect(|built| on_built(built));
                hashing.push((service, scope.spawn(hash)));
            }
        }
        let (mut suites, mut tests) = (Artifacts::default(), Vec::new());
        for (call, targets) in request.suite_calls(workspace) {
            let artifacts = builder.build(&call, None)?;
            for test in targets {
                let binary = artifacts.test(&test.package_id, &test.target);
                let binary =
                    binary.with_context(|| format!("cargo built no test `{}`", test.binary_id))?;
                tests.push((test, cache.test(cache.take(&test_note(test), binary)?)?));
            }
            suites.extend(artifacts);
        }
        let hashed = hashing.into_iter().map(|(service, hashing)| {
            Ok((service.name.clone(), hashing.join().expect("hashing does not panic")?))
        });
        Ok(Built { services: hashed.collect::<anyhow::Result<_>>()?, suites, tests })
    })
}

/// Calls cargo, and makes sure that what it made is of the sources as they are.
struct Builder<'a> {
    context: &'a Context,
    ledgers: &'a [&'a Ledger],
    sources: Sources<'a>,
}

impl Builder<'_> {
    /// Makes the call until nothing that cargo made is of other sources, each package
    /// of which is built again once.
    ///
    /// A call that fails may do so for that reason alone, and tells of no package
    /// behind the failure: the next call may find more of them.
    fn build(
        &mut self,
        call: &Call,
        messages: Option<Sender<Vec<u8>>>,
    ) -> anyhow::Result<Artifacts> {
        let context = self.context;
        let mut cleaned = BTreeSet::new();
        loop {
            let (outcome, stale) = self.call(call, messages.clone())?;
            let again: BTreeSet<_> = stale.difference(&cleaned).cloned().collect();
            if again.is_empty() {
                let artifacts = outcome.success(context)?;
                let names = self.names(&stale);
                ensure!(
                    stale.is_empty(),
                    "cargo does not build {names} of the sources as they are"
                );
                return Ok(artifacts);
            }
            let names = self.names(&again);
            context.ui.line(format!("building {names} again: what cargo has is of other sources"));
            cargo::clean(context, call, again.iter().map(String::as_str))?;
            cleaned.extend(again);
        }
    }

    /// What came of the call, and the ids of packages for which that is of other
    /// sources.
    fn call(
        &mut self,
        call: &Call,
        messages: Option<Sender<Vec<u8>>>,
    ) -> anyhow::Result<(Outcome, BTreeSet<String>)> {
        let before = self.sources.before()?;
        let outcome = cargo::build(self.context, call, self.ledgers, messages)?;
        let stale = self.sources.check(&before, &outcome.artifacts, outcome.has_failed())?;
        Ok((outcome, stale))
    }

    fn names(&self, package_ids: &BTreeSet<String>) -> String {
        let members = &self.context.workspace.members;
        let name = |id: &String| match members.get(id) {
            Some(member) => format!("`{}`", member.name),
            None => format!("`{id}`"),
        };
        package_ids.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}
