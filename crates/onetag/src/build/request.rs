//! What an invocation builds, and the calls of cargo that build it.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Service, TestTarget, Workspace};

/// What an invocation builds: programs of services, and integration tests of
/// suites.
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
        let programs: BTreeSet<&str> =
            self.services.iter().map(|service| service.binary.as_str()).collect();
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
}

/// A service of each package that has services, by the package's id. All services
/// of a package have the same features.
fn packages(workspace: &Workspace) -> BTreeMap<&str, &Service> {
    workspace.services.values().map(|service| (service.package_id.as_str(), service)).collect()
}

fn option(flag: &str, value: &str) -> [String; 2] {
    [flag.to_owned(), value.to_owned()]
}

/// The options that give the packages of these services their features.
///
/// Cargo switches default features off for all packages of a call: those that have
/// theirs get them by name then.
fn features<'a>(
    workspace: &'a Workspace,
    services: impl IntoIterator<Item = &'a Service> + Clone,
) -> Vec<String> {
    let without_default = services.clone().into_iter().any(|service| !service.default_features);
    let mut arguments = Vec::new();
    if without_default {
        arguments.push("--no-default-features".to_owned());
    }
    for service in services {
        let has_default = workspace
            .members
            .get(&service.package_id)
            .is_some_and(|member| member.features.contains("default"));
        let default = without_default && service.default_features && has_default;
        let features = default.then_some("default").into_iter();
        for feature in features.chain(service.features.iter().map(String::as_str)) {
            arguments.extend(option("--features", &format!("{}/{feature}", service.package)));
        }
    }
    arguments
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
