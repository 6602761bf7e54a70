//! Variables and their placeholders.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::error::Problem;
use crate::workspace::placeholder::Template;
use crate::workspace::source::Source;
use crate::workspace::topology::Workspace;
use crate::workspace::{graph, order, suggest};

use super::placeholders::{Scope, check_placeholder};

/// Variables with this beginning are set by the harness alone.
const RESERVED_PREFIX: &str = "ONETAG_";

pub(super) fn check(workspace: &Workspace) -> Result<(), Problem> {
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
    }
    for suite in workspace.suites.values() {
        let deployed = graph::closure(&edges, order::roots(suite));
        for (name, variables) in &suite.env {
            let key = suite.source.key("env").key(name);
            if !deployed.contains(name.as_str()) {
                return Err(not_deployed(workspace, &suite.name, &suite.source, name, &deployed));
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
        order::order(workspace, suite)?;
    }
    Ok(())
}

fn check_variables(
    scope: &Scope<'_>,
    variables: &BTreeMap<String, Template>,
    source: &Source,
) -> Result<(), Problem> {
    for (name, template) in variables {
        let fault = check_name(name)
            .or_else(|| check_value(template))
            .or_else(|| template.placeholders().find_map(|it| check_placeholder(scope, it)));
        if let Some(fault) = fault {
            return Err(Problem::Metadata(format!("{}: {fault}", source.key(name))));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Option<String> {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Some(format!(
            "`{name}` cannot be the name of a variable\n\
             hint: names consist of letters, digits and `_`, and do not start with a digit"
        ));
    }
    name.starts_with(RESERVED_PREFIX).then(|| {
        format!("variables that start with `{RESERVED_PREFIX}` are set by the harness alone")
    })
}

fn check_value(template: &Template) -> Option<String> {
    // The operating system ends a variable there.
    template.to_string().contains('\0').then(|| "the value has a NUL character".to_owned())
}

fn not_deployed(
    workspace: &Workspace,
    suite: &str,
    source: &Source,
    name: &str,
    deployed: &BTreeSet<&str>,
) -> Problem {
    let hint = if workspace.services.contains_key(name) {
        format!("hint: add \"{name}\" to {}", source.key("needs").table())
    } else {
        suggest::hint(name, "services of this suite", deployed.iter().copied())
    };
    let key = source.key("env").key(name);
    Problem::Metadata(format!("{key}: the suite `{suite}` has no service `{name}`\n{hint}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::workspace::testing::{Fixture, error};

    /// Three services in a row and one apart.
    fn fixture(env_of_top: Value) -> Fixture {
        Fixture::new()
            .service("base", json!({}))
            .service("middle", json!({ "needs": ["base"] }))
            .service("top", json!({ "needs": ["middle"], "env": env_of_top }))
            .service("apart", json!({}))
    }

    fn with_suite(env: Value) -> Fixture {
        fixture(json!({})).suites(json!({ "s": { "needs": ["top"], "env": env } }))
    }

    #[test]
    fn what_a_service_needs_in_turn_is_in_scope() {
        let env =
            json!({ "A": "{self.listen}{self.port}{self.url}{self.image}", "B": "{base.host}" });
        assert!(fixture(env).load().is_ok());
        let own = json!({
            "database": ["sqlite"], "volume": "/data",
            "env": { "A": "{database.url}", "B": "{self.volume}" },
        });
        assert!(Fixture::new().service("a", own).load().is_ok());
        assert!(with_suite(json!({ "base": { "A": "{top.url}" } })).load().is_err());
        assert!(with_suite(json!({ "top": { "A": "{base.url}" } })).load().is_ok());
    }

    #[test]
    fn suites_reach_what_they_deploy() {
        insta::assert_snapshot!(error(with_suite(json!({ "top": { "X": "{apart.url}" } }))), @r#"
        Cargo.toml: workspace.metadata.onetag.suites.s.env.top.X: `{apart.url}` has no source: the suite `s` does not need `apart`
        hint: add "apart" to workspace.metadata.onetag.suites.s.needs in Cargo.toml
        "#);
        insta::assert_snapshot!(error(with_suite(json!({ "apart": {} }))), @r#"
        Cargo.toml: workspace.metadata.onetag.suites.s.env.apart: the suite `s` has no service `apart`
        hint: add "apart" to workspace.metadata.onetag.suites.s.needs
        "#);
        insta::assert_snapshot!(error(with_suite(json!({ "tp": {} }))), @r"
        Cargo.toml: workspace.metadata.onetag.suites.s.env.tp: the suite `s` has no service `tp`
        hint: did you mean `top`? services of this suite: base, middle, top
        ");
    }

    #[test]
    fn variables_have_names_that_every_backend_takes() {
        for name in ["a", "_A1", "aB_"] {
            assert!(fixture(json!({ name: "" })).load().is_ok(), "{name}");
        }
        for name in ["", "1A", "A-B", "A B", "A=B", "Ü"] {
            assert!(fixture(json!({ name: "" })).load().is_err(), "{name}");
        }
        insta::assert_snapshot!(error(fixture(json!({ "A-B": "" }))), @r"
        crates/top/Cargo.toml: package.metadata.onetag.env.A-B: `A-B` cannot be the name of a variable
        hint: names consist of letters, digits and `_`, and do not start with a digit
        ");
        insta::assert_snapshot!(error(fixture(json!({ "ONETAG_IMAGE": "x" }))), @"crates/top/Cargo.toml: package.metadata.onetag.env.ONETAG_IMAGE: variables that start with `ONETAG_` are set by the harness alone");
        insta::assert_snapshot!(error(fixture(json!({ "A": "x\0" }))), @"crates/top/Cargo.toml: package.metadata.onetag.env.A: the value has a NUL character");
        insta::assert_snapshot!(error(with_suite(json!({ "top": { "1": "" } }))), @r"
        Cargo.toml: workspace.metadata.onetag.suites.s.env.top.1: `1` cannot be the name of a variable
        hint: names consist of letters, digits and `_`, and do not start with a digit
        ");
    }
}
