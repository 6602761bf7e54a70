//! What comes before what.

use super::error::Problem;
use super::graph::{self, Edges};
use super::placeholder::{Placeholder, Template};
use super::topology::{Suite, Workspace};

/// Which services need which, by their own metadata.
pub(super) fn needs(workspace: &Workspace) -> Edges<'_> {
    let services = workspace.services.values();
    services
        .map(|service| (service.name.as_str(), service.needs.iter().map(String::as_str).collect()))
        .collect()
}

/// The services that `suite` deploys, in levels.
///
/// A service whose variable the suite points at another service comes after
/// that one, as if it needed it: its address answers when it is used.
///
/// # Errors
///
/// [`Problem::Metadata`] if the suite's variables make a circle.
pub(super) fn order<'a>(
    workspace: &'a Workspace,
    suite: &'a Suite,
) -> Result<Vec<Vec<&'a str>>, Problem> {
    let mut edges = needs(workspace);
    let wanted = graph::closure(&edges, roots(suite));
    edges.retain(|name, _| wanted.contains(name));
    for (service, variables) in &suite.env {
        for named in variables.values().flat_map(named_services) {
            if let Some(needs) = edges.get_mut(service.as_str()).filter(|_| named != service) {
                needs.insert(named);
            }
        }
    }
    graph::levels(&edges).map_err(|circle| {
        Problem::Metadata(format!(
            "{}: with these variables services need each other in a circle: {}\n\
             hint: a service comes after those that its variables name; remove one of them",
            suite.source.key("env"),
            circle.join(" -> ")
        ))
    })
}

/// The services that `suite` asks for itself.
pub(super) fn roots(suite: &Suite) -> impl Iterator<Item = &str> {
    suite.service.iter().chain(&suite.needs).map(String::as_str)
}

/// The other services that the placeholders of `template` name.
fn named_services(template: &Template) -> impl Iterator<Item = &str> {
    template.placeholders().filter_map(|placeholder| match placeholder {
        Placeholder::Service { service, .. } => Some(service.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn a_suite_cannot_point_services_at_each_other() {
        let env = json!({ "a": { "B": "{b.url}" }, "b": { "A": "{a.url}", "ME": "{self.url}" } });
        let suite = json!({ "s": { "needs": ["a", "b"], "env": env } });
        let fixture = Fixture::new().service("a", json!({})).service("b", json!({})).suites(suite);
        insta::assert_snapshot!(error(fixture), @r"
        Cargo.toml: workspace.metadata.onetag.suites.s.env: with these variables services need each other in a circle: a -> b -> a
        hint: a service comes after those that its variables name; remove one of them
        ");
    }
}
