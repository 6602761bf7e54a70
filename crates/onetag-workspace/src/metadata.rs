//! The keys that manifests may use, and the errors for all others.

use std::collections::BTreeMap;
use std::fmt;

use onetag_json::{FromJson, Value, record, words};

use super::error::Problem;
use super::source::Source;
use crate::suggest;

/// A kind of database that a service can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreKind {
    /// A file in the run folder.
    Sqlite,
    /// A server.
    Postgres,
}
words!(StoreKind { Sqlite as "sqlite", Postgres as "postgres" });

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// `[package.metadata.onetag]`: the package is a service.
#[derive(Debug)]
pub(super) struct ServiceMetadata {
    pub(super) needs: Vec<String>,
    pub(super) port: Port,
    pub(super) ready: String,
    pub(super) store: Vec<StoreKind>,
    pub(super) volume: Option<String>,
    pub(super) env: BTreeMap<String, String>,
    /// There is a suite as soon as there is this table, even an empty one.
    pub(super) suite: Option<SuiteMetadata>,
}
record!(read strict ServiceMetadata {
    needs or default,
    port,
    ready,
    store or default,
    volume,
    env or default,
    suite,
});

/// `[package.metadata.onetag.suite]`, `[workspace.metadata.onetag.suites.<name>]`.
#[derive(Debug)]
pub(super) struct SuiteMetadata {
    pub(super) filter: Option<String>,
    pub(super) needs: Vec<String>,
    pub(super) env: BTreeMap<String, BTreeMap<String, String>>,
}
record!(read strict SuiteMetadata { filter, needs or default, env or default });

/// `[workspace.metadata.onetag]`.
#[derive(Debug, Default)]
pub(super) struct WorkspaceMetadata {
    pub(super) suites: BTreeMap<String, SuiteMetadata>,
}
record!(read strict WorkspaceMetadata { suites or default });

/// Keys that the design promises and that no backend of today could obey.
/// Accepting them silently would be worse than refusing them.
const LATER: &[&str] = &[
    "package.metadata.onetag.memory",
    "package.metadata.onetag.containerfile",
    "package.metadata.onetag.manifests",
    "workspace.metadata.onetag.registry",
    "workspace.metadata.onetag.postgres_image",
    "workspace.metadata.onetag.kube",
    "workspace.metadata.onetag.defaults",
];

/// What an error adds about a key that must be there.
const REQUIRED: &[(&str, &str)] = &[
    ("port", "the port it listens on inside its own network, for example `port = 8080`"),
    (
        "ready",
        "the path that answers 200 once it can work, for example `ready = \"/health/ready\"`",
    ),
];

/// Reads the table at `source`.
///
/// # Errors
///
/// [`Problem::Metadata`] naming the file and the full path of the key.
pub(super) fn parse<T: FromJson>(source: &Source, table: &Value) -> Result<T, Problem> {
    T::from_json(table.clone()).map_err(|error| explain(source, &error))
}

fn explain(source: &Source, error: &onetag_json::Error) -> Problem {
    use onetag_json::Problem as Wrong;
    let manifest = source.manifest();
    let at = match error.path() {
        "" => source.clone(),
        path => source.key(path),
    };
    Problem::Metadata(match error.problem() {
        Wrong::UnknownField { .. } if LATER.contains(&at.table()) => {
            format!("{manifest}: the key `{}` is not supported yet", at.table())
        }
        Wrong::UnknownField { name, known } => {
            let mut allowed = known.to_vec();
            allowed.sort_unstable();
            let hint = suggest::hint(name, "allowed here", allowed);
            format!("{manifest}: unknown key `{}`\n{hint}", at.table())
        }
        Wrong::UnknownWord { word, known } => {
            let hint = suggest::hint(word, "allowed here", known.iter().copied());
            format!("{at}: unknown value `{word}`\n{hint}")
        }
        Wrong::MissingField(name) => {
            let meaning = REQUIRED.iter().find(|(key, _)| key == name).map(|(_, meaning)| meaning);
            let hint = meaning.map(|meaning| format!("\nhint: {meaning}")).unwrap_or_default();
            format!("{manifest}: missing key `{}`{hint}", at.key(name).table())
        }
        // Manifests are TOML, where an object is called a table.
        Wrong::Type { found, expected: "an object" } => {
            format!("{at}: invalid type: {found}, expected a table")
        }
        other => format!("{at}: {other}"),
    })
}

/// A port that a program can listen on: 1 to 65535.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port(pub(super) u16);

impl FromJson for Port {
    fn from_json(value: Value) -> Result<Port, onetag_json::Error> {
        match u16::from_json(value.clone()) {
            Ok(port @ 1..) => Ok(Port(port)),
            _ => Err(onetag_json::Error::other(format!(
                "{} is no port, expected 1 to 65535",
                onetag_json::to_string(&value)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Fixture, error};

    fn service(table: Value) -> String {
        error(Fixture::new().service("a", table))
    }

    #[test]
    fn misspelt_keys_are_named_with_their_path() {
        insta::assert_snapshot!(service(json!({ "neds": [] })), @r"
        crates/a/Cargo.toml: unknown key `package.metadata.onetag.neds`
        hint: did you mean `needs`? allowed here: env, needs, port, ready, store, suite, volume
        ");
        insta::assert_snapshot!(service(json!({ "suite": { "filtre": "all()" } })), @r"
        crates/a/Cargo.toml: unknown key `package.metadata.onetag.suite.filtre`
        hint: did you mean `filter`? allowed here: env, filter, needs
        ");
        let suites = json!({ "suites": { "pipeline": { "colour": 1 } } });
        insta::assert_snapshot!(error(Fixture::new().workspace(suites)), @r"
        Cargo.toml: unknown key `workspace.metadata.onetag.suites.pipeline.colour`
        hint: allowed here: env, filter, needs
        ");
        insta::assert_snapshot!(error(Fixture::new().workspace(json!({ "suite": {} }))), @r"
        Cargo.toml: unknown key `workspace.metadata.onetag.suite`
        hint: did you mean `suites`? allowed here: suites
        ");
    }

    #[test]
    fn keys_of_later_stages_are_refused() {
        insta::assert_snapshot!(service(json!({ "memory": "64Mi" })), @"crates/a/Cargo.toml: the key `package.metadata.onetag.memory` is not supported yet");
        let kube = json!({ "kube": { "quota": 1 } });
        insta::assert_snapshot!(error(Fixture::new().workspace(kube)), @"Cargo.toml: the key `workspace.metadata.onetag.kube` is not supported yet");
    }

    #[test]
    fn required_keys_are_explained() {
        let error = |table| {
            let metadata = json!({ "onetag": table });
            error(Fixture::new().package("a", metadata, &[("bin", "a")]))
        };
        insta::assert_snapshot!(error(json!({ "ready": "/" })), @r"
        crates/a/Cargo.toml: missing key `package.metadata.onetag.port`
        hint: the port it listens on inside its own network, for example `port = 8080`
        ");
        insta::assert_snapshot!(error(json!({ "port": 1 })), @r#"
        crates/a/Cargo.toml: missing key `package.metadata.onetag.ready`
        hint: the path that answers 200 once it can work, for example `ready = "/health/ready"`
        "#);
    }

    #[test]
    fn values_have_types_and_ranges() {
        insta::assert_snapshot!(service(json!({ "port": 65536 })), @"crates/a/Cargo.toml: package.metadata.onetag.port: 65536 is no port, expected 1 to 65535");
        insta::assert_snapshot!(service(json!({ "port": 0 })), @"crates/a/Cargo.toml: package.metadata.onetag.port: 0 is no port, expected 1 to 65535");
        insta::assert_snapshot!(service(json!({ "port": "8080" })), @r#"crates/a/Cargo.toml: package.metadata.onetag.port: "8080" is no port, expected 1 to 65535"#);
        insta::assert_snapshot!(service(json!({ "env": { "RETRIES": 3 } })), @"crates/a/Cargo.toml: package.metadata.onetag.env.RETRIES: invalid type: integer `3`, expected a string");
        insta::assert_snapshot!(service(json!({ "store": ["sqlite", "postgre"] })), @r"
        crates/a/Cargo.toml: package.metadata.onetag.store[1]: unknown value `postgre`
        hint: did you mean `postgres`? allowed here: sqlite, postgres
        ");
        insta::assert_snapshot!(service(json!({ "suite": true })), @"crates/a/Cargo.toml: package.metadata.onetag.suite: invalid type: boolean `true`, expected a table");
    }
}
