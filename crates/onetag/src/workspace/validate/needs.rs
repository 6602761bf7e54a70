//! Edges between services.

use std::collections::BTreeSet;

use anyhow::anyhow;

use crate::error::{Attach as _, Kind};
use crate::workspace::source::Source;
use crate::workspace::topology::Workspace;
use crate::workspace::{graph, order, suggest};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for service in workspace.services.values() {
        check_known(workspace, &service.needs, &service.source)?;
    }
    check_order(workspace)?;
    for suite in workspace.suites.values() {
        check_known(workspace, &suite.needs, &suite.source)?;
    }
    Ok(())
}

fn check_known(workspace: &Workspace, needs: &[String], source: &Source) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for need in needs {
        let key = source.key("needs");
        if !workspace.services.contains_key(need) {
            let hint = suggest::among(need, "services", workspace.services.keys());
            return Err(key.error(format!("no service named `{need}`")).hint(hint));
        }
        if !seen.insert(need) {
            return Err(key.error(format!("`{need}` is listed twice")));
        }
    }
    Ok(())
}

fn check_order(workspace: &Workspace) -> anyhow::Result<()> {
    let Err(circle) = graph::levels(&order::needs(workspace)) else {
        return Ok(());
    };
    let mut text = format!("services need each other in a circle: {}", circle.join(" -> "));
    for edge in circle.windows(2) {
        let key = workspace.services[edge[0]].source.key("needs");
        text.push_str(&format!("\n  {key} names `{}`", edge[1]));
    }
    Err(anyhow!(text)).kind(Kind::Metadata).hint("remove one of these")
}

/// A warning for each need that a service has no address of.
pub(in crate::workspace) fn unnamed(workspace: &Workspace) -> Vec<String> {
    let mut warnings = Vec::new();
    for service in workspace.services.values() {
        let values = service.values().map(|(_, template)| template);
        let templates = service.env.values().chain(values);
        let named: BTreeSet<&str> = templates.flat_map(order::named_services).collect();
        let needs = service.needs.iter().filter(|need| !named.contains(need.as_str()));
        warnings.extend(needs.map(|need| {
            let key = service.source.key("needs");
            let places = match service.external() {
                Some(_) => "`env`, `args` or `config`",
                None => "`env` or `args`",
            };
            format!("{key}: no placeholder in {places} names `{need}`")
        }));
    }
    warnings
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
