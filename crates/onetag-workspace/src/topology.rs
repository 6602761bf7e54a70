//! Services and suites, validated.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::Problem;
use super::filterset::{Filterset, Selection};
use super::metadata::StoreKind;
use super::placeholder::Template;
use super::source::Source;
use super::test_target::TestTarget;
use crate::suggest;

/// What the harness knows of a workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of the root manifest, absolute.
    pub root: Utf8PathBuf,
    /// The folder that cargo builds into, absolute.
    /// [`validate_target_directory`](super::validate_target_directory) tells
    /// whether a run can live in it.
    pub target_directory: Utf8PathBuf,
    /// The names of all packages, by their manifests' paths below the root.
    pub members: BTreeMap<Utf8PathBuf, String>,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name.
    pub suites: BTreeMap<String, Suite>,
    /// Every test binary that the workspace can build, sorted by binary id.
    pub test_targets: Vec<TestTarget>,
}

/// A package with `[package.metadata.onetag]`: a program that is built into an
/// image.
#[derive(Clone, Debug)]
pub struct Service {
    /// The same as [`package`](Self::package): a lower-case DNS label.
    pub name: String,
    /// The package, for `--package`.
    pub package: String,
    /// The manifest of the package, absolute.
    pub manifest_path: Utf8PathBuf,
    /// The program, for `--bin`.
    pub binary: String,
    /// Services that are deployed and ready before it, as written.
    pub needs: Vec<String>,
    /// Where it listens inside its own network.
    pub port: u16,
    /// The path that answers 200 once it can do something useful.
    pub ready: String,
    /// Databases that it can use, preferred ones first; empty if it uses none.
    pub store: Vec<StoreKind>,
    /// An absolute path inside its own file system that outlives a restart.
    pub volume: Option<Utf8PathBuf>,
    /// The variables that it gets wherever it is deployed.
    pub env: BTreeMap<String, Template>,
    pub(super) source: Source,
}

/// Nextest tests with what they need around them.
#[derive(Clone, Debug)]
pub struct Suite {
    /// A lower-case DNS label; the service's name if it has a service.
    pub name: String,
    /// The service under test; a suite in the root manifest has none.
    pub service: Option<String>,
    /// The tests that belong to it.
    pub filter: Filterset,
    /// Services that the tests want besides the one under test, as written.
    pub needs: Vec<String>,
    /// Variables that services get in this suite, by service; they win over the
    /// service's own.
    pub env: BTreeMap<String, BTreeMap<String, Template>>,
    /// The integration tests that can hold one of its tests, sorted by binary id.
    pub tests: Vec<TestTarget>,
    pub(super) source: Source,
}

impl Workspace {
    /// The suite that somebody asks for by name.
    ///
    /// # Errors
    ///
    /// [`Problem::Usage`] if there is none, saying which there are.
    pub fn suite(&self, name: &str) -> Result<&Suite, Problem> {
        if let Some(suite) = self.suites.get(name) {
            return Ok(suite);
        }
        let suites = self.suites.keys().map(String::as_str);
        Err(Problem::Usage(match self.services.get(name) {
            Some(service) => format!(
                "`{name}` is a service, but has no suite\n\
                 hint: add [{}.suite] to {}; suites: {}",
                service.source.table(),
                service.source.manifest(),
                suites.collect::<Vec<_>>().join(", "),
            ),
            None if self.suites.is_empty() => format!(
                "no suite named `{name}`: this workspace has no suite\n\
                 hint: a package becomes a service by [package.metadata.onetag] in its \
                 Cargo.toml, and gets a suite by [package.metadata.onetag.suite]"
            ),
            None => {
                format!("no suite named `{name}`\n{}", suggest::hint(name, "suites", suites))
            }
        }))
    }

    /// The test binaries that can hold a test that `filter` selects.
    pub fn select(&self, filter: &Filterset) -> Vec<TestTarget> {
        let selected = |target: &&TestTarget| filter.selection(target) != Selection::No;
        self.test_targets.iter().filter(selected).cloned().collect()
    }

    /// Where the table `table` of the root manifest is, for messages.
    pub(super) fn root_source(root: &Utf8Path, table: String) -> Source {
        Source::new(root, &root.join("Cargo.toml"), table)
    }
}

impl Service {
    /// Which database it gets: the requested one if it can use that, else the
    /// backend's default if it can use that, else the one it prefers. None if it
    /// uses no database.
    pub fn choose_store(
        &self,
        requested: Option<StoreKind>,
        backend_default: StoreKind,
    ) -> Option<StoreKind> {
        let listed = |kind: &StoreKind| self.store.contains(kind);
        requested
            .filter(listed)
            .or_else(|| Some(backend_default).filter(listed))
            .or_else(|| self.store.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Fixture;

    fn workspace() -> Workspace {
        Fixture::new()
            .service("database", json!({ "suite": {}, "store": ["sqlite", "postgres"] }))
            .service("messenger", json!({ "suite": {} }))
            .service("sink", json!({}))
            .e2e(&["database", "messenger"])
            .load()
            .unwrap()
    }

    #[test]
    fn a_suite_table_makes_a_suite() {
        let workspace = workspace();
        assert_eq!(workspace.suites.keys().collect::<Vec<_>>(), ["database", "messenger"]);
        let suite = workspace.suite("messenger").unwrap();
        assert_eq!(suite.service.as_deref(), Some("messenger"));
        assert_eq!(suite.filter.to_string(), "binary_id(e2e::messenger)");
        assert_eq!(suite.tests.len(), 1);
        assert_eq!(suite.tests[0].binary_id, "e2e::messenger");
        assert_eq!((&*suite.tests[0].package, &*suite.tests[0].target), ("e2e", "messenger"));
    }

    #[test]
    fn unknown_suites_are_usage_errors() {
        let unknown = |name| workspace().suite(name).unwrap_err();
        assert!(matches!(unknown("x"), Problem::Usage(_)));
        insta::assert_snapshot!(unknown("mesenger"), @r"
        no suite named `mesenger`
        hint: did you mean `messenger`? suites: database, messenger
        ");
        insta::assert_snapshot!(unknown("pipeline"), @r"
        no suite named `pipeline`
        hint: suites: database, messenger
        ");
        insta::assert_snapshot!(unknown("sink"), @r"
        `sink` is a service, but has no suite
        hint: add [package.metadata.onetag.suite] to crates/sink/Cargo.toml; suites: database, messenger
        ");
        insta::assert_snapshot!(Fixture::new().load().unwrap().suite("sink").unwrap_err(), @r"
        no suite named `sink`: this workspace has no suite
        hint: a package becomes a service by [package.metadata.onetag] in its Cargo.toml, and gets a suite by [package.metadata.onetag.suite]
        ");
    }

    #[test]
    fn the_requested_store_is_taken_only_where_it_is_listed() {
        use StoreKind::{Postgres, Sqlite};
        let mut service = workspace().services["database"].clone();
        for (listed, requested, default, expected) in [
            (&[][..], Some(Sqlite), Sqlite, None),
            (&[Postgres, Sqlite], Some(Sqlite), Postgres, Some(Sqlite)),
            (&[Postgres, Sqlite], None, Sqlite, Some(Sqlite)),
            (&[Postgres], Some(Sqlite), Sqlite, Some(Postgres)),
            (&[Sqlite], Some(Postgres), Postgres, Some(Sqlite)),
        ] {
            service.store = listed.to_vec();
            assert_eq!(service.choose_store(requested, default), expected);
        }
    }

    #[test]
    fn selecting_keeps_all_that_may_hold_a_test() {
        let workspace = workspace();
        let ids = |filter: &str| -> Vec<String> {
            let targets = workspace.select(&Filterset::parse(filter).unwrap());
            targets.into_iter().map(|target| target.binary_id).collect()
        };
        assert_eq!(ids("kind(test) & test(a)"), ["e2e::database", "e2e::messenger"]);
        assert_eq!(ids("binary(sink)"), ["sink::bin/sink"]);
        assert_eq!(ids("none()"), [""; 0]);
    }
}
