//! The keys that manifests may use, and the errors for all others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use camino::Utf8PathBuf;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Problem;
use super::source::Source;

/// A kind of database that a service can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseKind {
    /// A file in the run folder.
    Sqlite,
    /// A server.
    Postgres,
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// `[package.metadata.onetag]`: the package is a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServiceMetadata {
    pub(super) name: Option<String>,
    pub(super) bin: Option<String>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    pub(super) port: Option<u16>,
    #[serde(default)]
    pub(super) ports: BTreeMap<String, u16>,
    pub(super) ready: Option<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    #[serde(default)]
    pub(super) database: Vec<DatabaseKind>,
    pub(super) volume: Option<Utf8PathBuf>,
    #[serde(default)]
    pub(super) files: Vec<Utf8PathBuf>,
    #[serde(default)]
    pub(super) features: BTreeSet<String>,
    pub(super) default_features: Option<bool>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// There is a suite as soon as there is this table, even an empty one.
    pub(super) suite: Option<SuiteMetadata>,
}

/// `[package.metadata.onetag.suite]`, `[workspace.metadata.onetag.suites.<name>]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteMetadata {
    pub(super) tests: Option<Vec<String>>,
    pub(super) filter: Option<String>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, BTreeMap<String, String>>,
}

/// `[workspace.metadata.onetag]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceMetadata {
    /// The package that holds the suites.
    pub(super) tests: Option<String>,
    #[serde(default)]
    pub(super) suites: BTreeMap<String, SuiteMetadata>,
}

/// Reads the table at `source`.
///
/// # Errors
///
/// [`Problem::Metadata`] naming the file and the full path of the key.
pub(super) fn parse<T: DeserializeOwned>(source: &Source, table: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(table).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { source.clone() } else { source.key(path) };
        Problem::Metadata(format!("{at}: {}", error.inner()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
