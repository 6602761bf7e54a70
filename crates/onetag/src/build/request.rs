//! What an invocation builds, and the calls of cargo that build it.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::Sources;
use crate::run::Layout;
use crate::workspace::{Program, Service, TestTarget, Workspace};

/// What an invocation builds: programs of services, of which external ones have none,
/// and integration tests of suites.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuildRequest<'a> {
    pub(crate) services: Vec<&'a Service>,
    pub(crate) tests: Vec<&'a TestTarget>,
    /// The profile of the services; cargo's default if there is none. Tests have
    /// cargo's default in any case.
    pub(crate) profile: Option<String>,
}

/// One call of cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The subcommand, with its target and feature options.
    pub(crate) arguments: Vec<String>,
    pub(super) profile: Option<String>,
}

impl BuildRequest<'_> {
    /// The call that builds the services, if there are any.
    ///
    /// It names every package that has services, whatever the run needs: cargo
    /// unifies features over the packages of a call, so every selection of suites
    /// gives a service the same bytes. It names no other package: what only tests
    /// switch on does not reach a service.
    pub(crate) fn services_call(&self, workspace: &Workspace) -> Option<Call> {
        let programs = self.services.iter().filter_map(|service| service.program());
        let programs: BTreeSet<&str> = programs.map(|program| program.binary.as_str()).collect();
        if programs.is_empty() {
            return None;
        }
        let packages = packages(workspace);
        let mut arguments = vec!["build".to_owned()];
        arguments.extend(packages.keys().flat_map(|id| option("--package", id)));
        arguments.extend(programs.into_iter().flat_map(|name| option("--bin", name)));
        arguments.extend(features(workspace, packages.values().copied()));
        Some(Call { arguments, profile: self.profile.clone() })
    }

    /// The calls that build the suites: one for each package that has some of them,
    /// with the tests that it builds.
    ///
    /// So no package is built or required that no suite needs, and the features of
    /// a suite do not depend on which others run.
    pub(crate) fn suite_calls(&self, workspace: &Workspace) -> Vec<(Call, BTreeSet<&TestTarget>)> {
        let mut by_package: BTreeMap<&str, BTreeSet<&TestTarget>> = BTreeMap::new();
        for test in &self.tests {
            by_package.entry(&test.package_id).or_default().insert(test);
        }
        let services = packages(workspace);
        let call = |(package, tests): (&str, BTreeSet<_>)| {
            let mut arguments = vec!["test".to_owned(), "--no-run".to_owned()];
            arguments.extend(option("--package", package));
            let targets = tests.iter().map(|test: &&TestTarget| test.target.as_str());
            arguments.extend(targets.flat_map(|name| option("--test", name)));
            arguments.extend(features(workspace, services.get(package).copied()));
            (Call { arguments, profile: None }, tests)
        };
        by_package.into_iter().map(call).collect()
    }

    /// What is known of the sources of all this.
    pub(super) fn sources<'w>(&self, workspace: &'w Workspace, layout: &'w Layout) -> Sources<'w> {
        let programs = workspace.services.values().filter_map(Service::program);
        let services = programs.map(|program| &program.package_id);
        let tests = self.tests.iter().map(|test| &test.package_id);
        let packages: BTreeSet<&String> = services.chain(tests).collect();
        let members = packages.into_iter().filter_map(|id| workspace.members.get(id));
        Sources::open(workspace, layout, members.map(|member| member.manifest_path.as_path()))
    }
}

/// A program of each package that has services, by the package's id. All services
/// of a package have the same features.
fn packages(workspace: &Workspace) -> BTreeMap<&str, &Program> {
    let programs = workspace.services.values().filter_map(Service::program);
    programs.map(|program| (program.package_id.as_str(), program)).collect()
}

fn option(flag: &str, value: &str) -> [String; 2] {
    [flag.to_owned(), value.to_owned()]
}

/// The options that give the packages of these programs their features.
///
/// Cargo switches default features off for all packages of a call: those that have
/// theirs get them by name then.
fn features<'a>(
    workspace: &'a Workspace,
    programs: impl IntoIterator<Item = &'a Program> + Clone,
) -> Vec<String> {
    let without_default = programs.clone().into_iter().any(|program| !program.default_features);
    let mut arguments = Vec::new();
    if without_default {
        arguments.push("--no-default-features".to_owned());
    }
    for program in programs {
        let has_default = workspace
            .members
            .get(&program.package_id)
            .is_some_and(|member| member.features.contains("default"));
        let default = without_default && program.default_features && has_default;
        let features = default.then_some("default").into_iter();
        for feature in features.chain(program.features.iter().map(String::as_str)) {
            arguments.extend(option("--features", &format!("{}/{feature}", program.package)));
        }
    }
    arguments
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
