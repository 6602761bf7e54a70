//! Edges between services.

use std::collections::BTreeSet;

use crate::workspace::error::Problem;
use crate::workspace::source::Source;
use crate::workspace::topology::Workspace;
use crate::workspace::{graph, order, suggest};

pub(super) fn check(workspace: &Workspace) -> Result<(), Problem> {
    for service in workspace.services.values() {
        check_known(workspace, &service.needs, &service.source)?;
    }
    check_order(workspace)?;
    for suite in workspace.suites.values() {
        check_known(workspace, &suite.needs, &suite.source)?;
    }
    Ok(())
}

fn check_known(workspace: &Workspace, needs: &[String], source: &Source) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    for need in needs {
        let key = source.key("needs");
        if !workspace.services.contains_key(need) {
            let services = workspace.services.keys().map(String::as_str);
            let hint = suggest::hint(need, "services", services);
            return Err(Problem::Metadata(format!("{key}: no service named `{need}`\n{hint}")));
        }
        if !seen.insert(need) {
            return Err(Problem::Metadata(format!("{key}: `{need}` is listed twice")));
        }
    }
    Ok(())
}

fn check_order(workspace: &Workspace) -> Result<(), Problem> {
    let Err(circle) = graph::levels(&order::needs(workspace)) else {
        return Ok(());
    };
    let mut text = format!("services need each other in a circle: {}\n", circle.join(" -> "));
    for edge in circle.windows(2) {
        let key = workspace.services[edge[0]].source.key("needs");
        text.push_str(&format!("  {key} names `{}`\n", edge[1]));
    }
    text.push_str("hint: remove one of these");
    Err(Problem::Metadata(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn unknown_needs_are_refused() {
        let fixture = || Fixture::new().service("database", json!({}));
        insta::assert_snapshot!(
            error(fixture().service("sink", json!({ "needs": ["databse"] }))),
            @r"
            crates/sink/Cargo.toml: package.metadata.onetag.needs: no service named `databse`
            hint: did you mean `database`? services: database, sink
            "
        );
        insta::assert_snapshot!(
            error(fixture().suites(json!({ "pipeline": { "needs": ["frontend"] } }))),
            @r"
            Cargo.toml: workspace.metadata.onetag.suites.pipeline.needs: no service named `frontend`
            hint: services: database
            "
        );
        insta::assert_snapshot!(
            error(fixture().service("a", json!({ "needs": ["database", "database"] }))),
            @"crates/a/Cargo.toml: package.metadata.onetag.needs: `database` is listed twice"
        );
    }

    #[test]
    fn circles_are_shown_with_their_files() {
        let needs = |need: &str| json!({ "needs": [need] });
        let fixture = Fixture::new()
            .service("entry", needs("c"))
            .service("a", needs("b"))
            .service("b", needs("c"))
            .service("c", needs("a"));
        insta::assert_snapshot!(error(fixture), @r"
        services need each other in a circle: a -> b -> c -> a
          crates/a/Cargo.toml: package.metadata.onetag.needs names `b`
          crates/b/Cargo.toml: package.metadata.onetag.needs names `c`
          crates/c/Cargo.toml: package.metadata.onetag.needs names `a`
        hint: remove one of these
        ");
        insta::assert_snapshot!(error(Fixture::new().service("a", needs("a"))), @r"
        services need each other in a circle: a -> a
          crates/a/Cargo.toml: package.metadata.onetag.needs names `a`
        hint: remove one of these
        ");
    }
}
