//! The keys that manifests may use, and the errors for all others.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::Problem;
use super::source::Source;
use super::suggest;

/// A kind of database that a service can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A file in the run folder.
    Sqlite,
    /// A server.
    Postgres,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// `[package.metadata.onetag]`: the package is a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct ServiceMetadata {
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(deserialize_with = "port")]
    pub(super) port: u16,
    pub(super) ready: String,
    #[serde(default)]
    pub(super) store: Vec<StoreKind>,
    pub(super) volume: Option<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// There is a suite as soon as there is this table, even an empty one.
    pub(super) suite: Option<SuiteMetadata>,
}

/// `[package.metadata.onetag.suite]`, `[workspace.metadata.onetag.suites.<name>]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct SuiteMetadata {
    pub(super) filter: Option<String>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, BTreeMap<String, String>>,
}

/// `[workspace.metadata.onetag]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct WorkspaceMetadata {
    #[serde(default)]
    pub(super) suites: BTreeMap<String, SuiteMetadata>,
}

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
pub(super) fn parse<T: DeserializeOwned>(source: &Source, table: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(table).map_err(|error| {
        let path = error.path().to_string();
        explain(source, &path, &error.inner().to_string())
    })
}

fn explain(source: &Source, path: &str, message: &str) -> Problem {
    // Serde offers its names only inside its message, between backticks: first
    // the wrong one, then the allowed ones. Were the message to change, the
    // error would lose its suggestion and nothing else.
    let mut names = message.split('`').skip(1).step_by(2);
    let name = names.next().unwrap_or_default();
    let manifest = source.manifest();
    // At the top of the table the path is a single dot.
    let at = if path == "." { source.clone() } else { source.key(path) };
    Problem::Metadata(if message.starts_with("unknown field") {
        let key = at.table();
        if LATER.contains(&key) {
            format!("{manifest}: the key `{key}` is not supported yet")
        } else {
            let mut allowed: Vec<&str> = names.collect();
            allowed.sort_unstable();
            let hint = suggest::hint(name, "allowed here", allowed);
            format!("{manifest}: unknown key `{key}`\n{hint}")
        }
    } else if message.starts_with("unknown variant") {
        format!("{at}: unknown value `{name}`\n{}", suggest::hint(name, "allowed here", names))
    } else if message.starts_with("missing field") {
        let meaning = REQUIRED.iter().find(|(key, _)| *key == name).map(|(_, meaning)| meaning);
        let hint = meaning.map(|meaning| format!("\nhint: {meaning}")).unwrap_or_default();
        format!("{manifest}: missing key `{}`{hint}", at.key(name).table())
    } else {
        format!("{at}: {message}")
    })
}

fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let port = value.as_u64().and_then(|number| u16::try_from(number).ok());
    port.filter(|port| *port > 0)
        .ok_or_else(|| D::Error::custom(format_args!("{value} is no port, expected 1 to 65535")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workspace::testing::{Fixture, error};

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
