//! The keys that manifests may use, and the errors for all others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};

use anyhow::Context as _;
use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cluster::ClusterSettings;
use super::source::Source;
use super::suggest;
use crate::error::Attach as _;

/// Keys that were renamed, and what they are called now.
const RENAMED: [(&str, &str); 1] = [("store", "database")];

/// A kind of database that a service can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseKind {
    /// A file in the run folder.
    Sqlite,
    /// A server.
    Postgres,
}

impl DatabaseKind {
    /// The one of this name.
    ///
    /// # Errors
    ///
    /// There is none; says which there are.
    pub(crate) fn named(name: &str) -> anyhow::Result<DatabaseKind> {
        let mut kinds = [Self::Sqlite, Self::Postgres].into_iter();
        let found = kinds.find(|kind| kind.to_string() == name);
        found.with_context(|| format!("there is no database `{name}`, only: sqlite, postgres"))
    }
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// `[package.metadata.onetag]`: the package is a service, or has several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ServiceMetadata {
    pub(super) name: Option<String>,
    pub(super) bin: Option<String>,
    pub(super) containerfile: Option<Utf8PathBuf>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    pub(super) port: Option<NonZeroU16>,
    #[serde(default)]
    pub(super) ports: BTreeMap<String, NonZeroU16>,
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
    pub(super) memory: Option<String>,
    pub(super) replicas: Option<NonZeroU32>,
    #[serde(default)]
    pub(super) manifests: Vec<Utf8PathBuf>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Variable>,
    /// There is a suite as soon as there is this table, even an empty one.
    pub(super) suite: Option<SuiteMetadata>,
    /// The package has these services instead of one.
    #[serde(default)]
    pub(super) services: BTreeMap<String, ServiceMetadata>,
}

/// The value of a variable.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string, an integer or a boolean")]
pub(super) enum Variable {
    Text(String),
    Integer(i64),
    Boolean(bool),
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
        }
    }
}

/// `[package.metadata.onetag.suite]`, `[workspace.metadata.onetag.suites.<name>]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct SuiteMetadata {
    pub(super) tests: Option<Vec<String>>,
    pub(super) filter: Option<String>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, BTreeMap<String, Variable>>,
}

/// `[workspace.metadata.onetag]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct WorkspaceMetadata {
    /// The package that holds the suites.
    pub(super) tests: Option<String>,
    #[serde(default)]
    pub(super) suites: BTreeMap<String, SuiteMetadata>,
    #[serde(default)]
    pub(super) externals: BTreeMap<String, ExternalMetadata>,
    pub(super) postgres_image: Option<String>,
    #[serde(default)]
    pub(super) kube: ClusterSettings,
    pub(super) registry: Option<String>,
    #[serde(default)]
    pub(super) allow_images: Vec<String>,
}

/// `[workspace.metadata.onetag.externals.<name>]`: a program that others wrote.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct ExternalMetadata {
    pub(super) image: Option<String>,
    pub(super) program: Option<String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
    pub(super) process: Option<ProcessMetadata>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Variable>,
    pub(super) port: Option<NonZeroU16>,
    pub(super) url: Option<String>,
    pub(super) ready: Option<String>,
    pub(super) volume: Option<Utf8PathBuf>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) config: BTreeMap<String, String>,
    pub(super) memory: Option<String>,
}

/// `[workspace.metadata.onetag.externals.<name>.process]`: what differs there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct ProcessMetadata {
    pub(super) args: Option<Vec<String>>,
}

/// Reads the table at `source`.
///
/// # Errors
///
/// What is not allowed, with the file and the full path of the key.
pub(super) fn parse<T: DeserializeOwned>(source: &Source, table: &Value) -> anyhow::Result<T> {
    serde_path_to_error::deserialize(table).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { source.clone() } else { source.key(path) };
        explain(&at, &error.into_inner().to_string())
    })
}

/// The error for a table that serde refuses with `message`, at `at`.
///
/// Serde has the list of what is allowed, and gives it in its message alone:
/// "unknown field `a`, expected one of `b`, `c`".
fn explain(at: &Source, message: &str) -> anyhow::Error {
    let unknown = ["field", "variant"].into_iter().find_map(|what| {
        let rest = message.strip_prefix("unknown ")?.strip_prefix(what)?;
        let (name, allowed) = rest.rsplit_once(", expected ")?;
        let allowed: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        Some((what, name.trim().trim_matches('`'), allowed))
    });
    let Some((what, name, allowed)) = unknown else {
        return at.error(message);
    };
    if what == "variant" {
        return at.error(format!("unknown value `{name}`")).hint(suggest::among(
            name,
            "allowed here",
            allowed,
        ));
    }
    let key = at.table();
    let in_file = |text: String| at.file_error(text);
    let error = in_file(format!("unknown key `{key}`"));
    match RENAMED.iter().find(|(old, new)| *old == name && allowed.contains(new)) {
        Some((_, new)) => error.hint(format!("it is called `{new}` now")),
        None => error.hint(suggest::among(name, "allowed here", allowed)),
    }
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
