//! What comes before what.

use std::collections::BTreeSet;

use super::graph::{self, Edges};
use super::placeholder::{Placeholder, Template};
use super::topology::{Service, Suite, Workspace};
use crate::error::Attach as _;

/// Which services need which, by their own metadata.
pub(super) fn needs(workspace: &Workspace) -> Edges<'_> {
    let services = workspace.services.values();
    services
        .map(|service| (service.name.as_str(), service.needs.iter().map(String::as_str).collect()))
        .collect()
}

/// Which services need which while `suite` runs: what it replaces is not needed.
///
/// A need is replaced when the service's `env` names it, nothing else of it does, and
/// the suite gives another value to every variable that names it.
pub(super) fn needs_in<'a>(workspace: &'a Workspace, suite: &'a Suite) -> Edges<'a> {
    let services = workspace.services.values();
    services.map(|service| (service.name.as_str(), needs_of(service, suite))).collect()
}

fn needs_of<'a>(service: &'a Service, suite: &Suite) -> BTreeSet<&'a str> {
    let overrides = suite.env.get(&service.name);
    let is_replaced =
        |variable: &str| overrides.is_some_and(|variables| variables.contains_key(variable));
    let names_again = |need: &str| {
        let templates = overrides.into_iter().flat_map(|variables| variables.values());
        templates.flat_map(named_services).any(|named| named == need)
    };
    let (mut named, mut replaced) = (BTreeSet::new(), BTreeSet::new());
    for (variable, template) in &service.env {
        let names = if is_replaced(variable) { &mut replaced } else { &mut named };
        names.extend(named_services(template));
    }
    named.extend(service.values().flat_map(|(_, template)| named_services(template)));
    let needs = service.needs.iter().map(String::as_str);
    let needs = needs.filter(|need| !replaced.contains(need) || names_again(need));
    // What is named may have been reached through a need that is replaced.
    named.iter().copied().chain(needs).collect()
}

/// The services that `suite` deploys.
pub(super) fn deployed<'a>(workspace: &'a Workspace, suite: &'a Suite) -> BTreeSet<&'a str> {
    graph::closure(&needs_in(workspace, suite), roots(suite))
}

/// What each of the services that `suite` deploys comes after.
///
/// A service whose variable the suite points at another service comes after
/// that one, as if it needed it: its address answers when it is used.
pub(super) fn edges<'a>(workspace: &'a Workspace, suite: &'a Suite) -> Edges<'a> {
    let mut edges = needs_in(workspace, suite);
    let wanted = graph::closure(&edges, roots(suite));
    edges.retain(|name, _| wanted.contains(name));
    for (service, variables) in &suite.env {
        for named in variables.values().flat_map(named_services) {
            if let Some(needs) = edges.get_mut(service.as_str()).filter(|_| named != service) {
                needs.insert(named);
            }
        }
    }
    edges
}

/// The services that `suite` deploys, in levels.
///
/// # Errors
///
/// The suite's variables make a circle.
pub(super) fn levels<'a>(edges: &Edges<'a>, suite: &Suite) -> anyhow::Result<Vec<Vec<&'a str>>> {
    graph::levels(edges).map_err(|circle| {
        let fault = format!(
            "with these variables services need each other in a circle: {}",
            circle.join(" -> ")
        );
        suite
            .source
            .key("env")
            .error(fault)
            .hint("a service comes after those that its variables name; remove one of them")
    })
}

/// The services that `suite` asks for itself.
fn roots(suite: &Suite) -> impl Iterator<Item = &str> {
    suite.service.iter().chain(&suite.needs).map(String::as_str)
}

/// The other services that the placeholders of `template` name.
pub(super) fn named_services(template: &Template) -> impl Iterator<Item = &str> {
    template.placeholders().filter_map(Placeholder::service)
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
