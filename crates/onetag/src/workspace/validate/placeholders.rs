//! Where the values of placeholders come from.

use std::collections::BTreeSet;

use crate::workspace::placeholder::Placeholder;
use crate::workspace::source::Source;
use crate::workspace::suggest;
use crate::workspace::topology::{Service, Workspace};

/// What the placeholders of some variables may name.
pub(super) struct Scope<'a> {
    pub(super) workspace: &'a Workspace,
    /// The service that gets the variables.
    pub(super) service: &'a Service,
    /// Other services whose address is known by then.
    pub(super) reachable: BTreeSet<&'a str>,
    /// Whose needs decide that, and where they are written.
    pub(super) who: String,
    pub(super) needs: Source,
}

/// What is wrong with `placeholder`, if anything.
pub(super) fn check_placeholder(scope: &Scope<'_>, placeholder: &Placeholder) -> Option<String> {
    let Scope { workspace, service: own, reachable, who, needs } = scope;
    let no_source = |key: &str, example: &str| {
        let (name, manifest) = (&own.name, own.source.manifest());
        Some(format!(
            "`{placeholder}` has no source: the service `{name}` has no `{key}`\n\
             hint: add `{example}` to [{}] in {manifest}",
            own.source.table()
        ))
    };
    match placeholder {
        Placeholder::DatabaseUrl if own.database.is_empty() => {
            no_source("database", "database = [\"sqlite\"]")
        }
        Placeholder::Volume if own.volume.is_none() => no_source("volume", "volume = \"/data\""),
        Placeholder::Service { service, .. } if service == &own.name => Some(format!(
            "`{placeholder}` names the service itself\nhint: write {{self.url}} or {{self.port}}"
        )),
        Placeholder::Service { service, .. } if !workspace.services.contains_key(service) => {
            let words = workspace.services.keys().map(String::as_str).chain(["self", "database"]);
            let hint = suggest::hint(service, "known are", words);
            Some(format!("`{placeholder}` has no source: no service named `{service}`\n{hint}"))
        }
        Placeholder::Service { service, .. } if !reachable.contains(service.as_str()) => {
            Some(format!(
                "`{placeholder}` has no source: {who} does not need `{service}`\n\
                 hint: add \"{service}\" to {} in {}",
                needs.table(),
                needs.manifest()
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn placeholders_without_a_source_are_refused() {
        let of_top = |value: &str| {
            let top = json!({ "needs": ["middle"], "env": { "X": value } });
            error(
                Fixture::new()
                    .service("base", json!({}))
                    .service("middle", json!({ "needs": ["base"] }))
                    .service("top", top)
                    .service("apart", json!({})),
            )
        };
        insta::assert_snapshot!(of_top("{apart.url}"), @r#"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{apart.url}` has no source: `top` does not need `apart`
        hint: add "apart" to package.metadata.onetag.needs in crates/top/Cargo.toml
        "#);
        insta::assert_snapshot!(of_top("{midle.url}"), @r"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{midle.url}` has no source: no service named `midle`
        hint: did you mean `middle`? known are: apart, base, middle, top, self, store
        ");
        insta::assert_snapshot!(of_top("{stor.url}"), @r"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{stor.url}` has no source: no service named `stor`
        hint: did you mean `database`? known are: apart, base, middle, top, self, store
        ");
        insta::assert_snapshot!(of_top("{top.url}"), @r"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{top.url}` names the service itself
        hint: write {self.url} or {self.port}
        ");
        insta::assert_snapshot!(of_top("{database.url}"), @r#"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{database.url}` has no source: the service `top` has no `database`
        hint: add `database = ["sqlite"]` to [package.metadata.onetag] in crates/top/Cargo.toml
        "#);
        insta::assert_snapshot!(of_top("{self.volume}"), @r#"
        crates/top/Cargo.toml: package.metadata.onetag.env.X: `{self.volume}` has no source: the service `top` has no `volume`
        hint: add `volume = "/data"` to [package.metadata.onetag] in crates/top/Cargo.toml
        "#);
    }
}
