//! What a suite deploys, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metadata::DatabaseKind;
use super::order;
use super::placeholder::Template;
use super::suggest;
use super::topology::{Service, Suite, Workspace};
use crate::error::{Attach as _, Kind};

/// The services of a run, in the order in which they are deployed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the suite, which is the consumer of the run.
    pub suite: String,
    /// Each service stands in a later level than everything it needs. Those of
    /// one level do not depend on each other and are sorted by name.
    pub levels: Vec<Vec<PlannedService>>,
}

/// A service as one suite deploys it.
#[derive(Clone, Debug)]
pub struct PlannedService {
    /// The service; of its `needs` only those that this plan has.
    pub service: Service,
    /// Its variables, those of the suite put over its own. Placeholders in them
    /// have a source in this plan.
    pub env: BTreeMap<String, Template>,
    /// The addresses of external services that it may name, and its own if it is one:
    /// by name, of `{self.host}` and `{self.port}`.
    pub urls: BTreeMap<String, Template>,
    /// The ports of the services that it may name, and its own, by name of the service.
    pub ports: BTreeMap<String, Ports>,
    /// What it keeps its state in; none if it has no database.
    pub database: Option<DatabaseKind>,
    /// Objects of its package for clusters, read where the backend is one.
    pub manifests: Vec<Value>,
}

/// The ports of a service inside its own network, as its metadata says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ports {
    /// Its own, if it has one.
    pub own: Option<u16>,
    /// Its further ones, by name.
    pub further: BTreeMap<String, u16>,
}

impl Workspace {
    /// What `suite`, one of this workspace's suites, deploys: the service under
    /// test, the suite's needs, and all that they need in turn.
    ///
    /// # Errors
    ///
    /// The workspace lacks one of the suite's test binaries.
    pub fn plan(&self, suite: &Suite) -> anyhow::Result<Plan> {
        let mut ids = suite.test_ids.iter();
        if let Some(id) = ids.find(|id| !suite.tests.iter().any(|test| test.binary_id == **id)) {
            return Err(no_tests(self, suite, id));
        }
        let needs = order::needs_in(self, suite);
        let planned = |name: &str| {
            let mut service = self.services[name].clone();
            service.needs.retain(|need| needs[name].contains(need.as_str()));
            let mut env = service.env.clone();
            env.extend(suite.env.get(name).cloned().unwrap_or_default());
            let templates = service.values().map(|(_, template)| template).chain(env.values());
            let named: BTreeSet<_> =
                templates.flat_map(order::named_services).chain([name]).collect();
            let ports = named.iter().filter_map(|name| {
                let Service { port, ports, .. } = self.services.get(*name)?;
                Some(((*name).to_owned(), Ports { own: *port, further: ports.clone() }))
            });
            let ports = ports.collect();
            let url = |name: &str| self.services.get(name)?.external()?.url.clone();
            let urls =
                named.iter().filter_map(|name| Some(((*name).to_owned(), url(name)?))).collect();
            PlannedService { service, env, urls, ports, database: None, manifests: Vec::new() }
        };
        let levels = order::levels(&order::edges(self, suite), suite)?;
        let levels =
            levels.into_iter().map(|level| level.into_iter().map(planned).collect()).collect();
        Ok(Plan { suite: suite.name.clone(), levels })
    }
}

impl Plan {
    /// All services in deploy order.
    pub fn services(&self) -> impl DoubleEndedIterator<Item = &PlannedService> {
        self.levels.iter().flatten()
    }

    /// The service named `name`, if the plan has it.
    pub fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services().find(|planned| planned.service.name == name)
    }
}

fn no_tests(workspace: &Workspace, suite: &Suite, missing: &str) -> anyhow::Error {
    let ids = workspace.test_targets.iter().map(|target| &target.binary_id);
    let hint = suggest::among(missing, "integration tests", ids);
    let error = anyhow!(
        "the suite `{}` names a test binary that does not exist: no integration test has the \
         binary id `{missing}`\n  {}",
        suite.name,
        suite.source.key("tests"),
    );
    let kind = if suite.tests.is_empty() { Kind::NoTests } else { Kind::Metadata };
    error.kind(kind).hint(hint)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
