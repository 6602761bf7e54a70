//! Variables, arguments and their placeholders.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Attach as _;
use crate::workspace::placeholder::{Placeholder, Template, is_variable};
use crate::workspace::source::Source;
use crate::workspace::topology::{Suite, Workspace};
use crate::workspace::{graph, order, suggest};

use super::placeholders::{Scope, check_placeholder};

/// Variables with this beginning are set by the harness alone.
const RESERVED_PREFIX: &str = "ONETAG_";

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let edges = order::needs(workspace);
    for service in workspace.services.values() {
        let scope = Scope {
            workspace,
            service,
            reachable: graph::closure(&edges, service.needs.iter().map(String::as_str)),
            who: format!("`{}`", service.name),
            needs: service.source.key("needs"),
        };
        check_variables(&scope, &service.env, &service.source.key("env"))?;
        check_values(&scope)?;
    }
    for suite in workspace.suites.values() {
        let deployed = order::deployed(workspace, suite);
        for (name, variables) in &suite.env {
            let key = suite.source.key("env").key(name);
            if !deployed.contains(name.as_str()) {
                return Err(not_deployed(workspace, suite, name, &deployed));
            }
            let scope = Scope {
                workspace,
                service: &workspace.services[name],
                reachable: deployed.clone(),
                who: format!("the suite `{}`", suite.name),
                needs: suite.source.key("needs"),
            };
            check_variables(&scope, variables, &key)?;
        }
        order::levels(&order::edges(workspace, suite), suite)?;
    }
    Ok(())
}

fn check_variables(
    scope: &Scope<'_>,
    variables: &BTreeMap<String, Template>,
    source: &Source,
) -> anyhow::Result<()> {
    for (name, template) in variables {
        let key = source.key(name);
        check_name(name, &key)?;
        check_template(scope, template, &key)?;
    }
    Ok(())
}

/// Arguments, and files of a configuration.
fn check_values(scope: &Scope<'_>) -> anyhow::Result<()> {
    for (key, template) in scope.service.values() {
        let is_file = key.starts_with("config.");
        let key = scope.service.source.key(key);
        check_template(scope, template, &key)?;
        let mut placeholders = template.placeholders();
        let secret =
            placeholders.find(|placeholder| matches!(placeholder, Placeholder::HostVariable(_)));
        if let Some(secret) = secret {
            let why = match is_file {
                true => "it would be written into a file",
                false => "everybody on the machine can read arguments",
            };
            let error = key.error(format!("`{secret}` is a secret, and {why}"));
            return Err(error.hint("give it to the service in a variable of `env`"));
        }
    }
    Ok(())
}

fn check_template(scope: &Scope<'_>, template: &Template, key: &Source) -> anyhow::Result<()> {
    // The operating system ends a variable and an argument there.
    if template.to_string().contains('\0') {
        return Err(key.error("the value has a NUL character"));
    }
    template.placeholders().try_for_each(|placeholder| check_placeholder(scope, placeholder, key))
}

fn check_name(name: &str, key: &Source) -> anyhow::Result<()> {
    if !is_variable(name) {
        let error = key.error(format!("`{name}` cannot be the name of a variable"));
        return Err(
            error.hint("names consist of letters, digits and `_`, and do not start with a digit")
        );
    }
    if name.starts_with(RESERVED_PREFIX) {
        return Err(key.error(format!(
            "variables that start with `{RESERVED_PREFIX}` are set by the harness alone"
        )));
    }
    Ok(())
}

fn not_deployed(
    workspace: &Workspace,
    suite: &Suite,
    name: &str,
    deployed: &BTreeSet<&str>,
) -> anyhow::Error {
    let hint = if workspace.services.contains_key(name) {
        format!("add \"{name}\" to {}", suite.source.key("needs").table())
    } else {
        suggest::among(name, "services of this suite", deployed.iter().copied())
    };
    let key = suite.source.key("env").key(name);
    key.error(format!("the suite `{}` has no service `{name}`", suite.name)).hint(hint)
}

#[cfg(test)]
#[path = "env_tests.rs"]
mod tests;
