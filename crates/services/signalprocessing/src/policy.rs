//! The table of priorities, and its file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use anyhow::Context as _;
use contract::datastorage::{Priority, Severity};
use kit::Service;
use kit::check::Schema;
use kit::toml::Document;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use serde::Deserialize;
use utoipa::ToSchema;

/// The table without a file.
const BUILT_IN: &str = include_str!("policy.toml");

/// Any environment.
const ANY: &str = "*";

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::of::<Table>);

/// A table of priorities: severity by environment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct Table {
    /// Of all that has no entry.
    default: Priority,
    /// By severity, then by environment; `*` is any other environment.
    #[serde(default)]
    priority: Rows,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
struct Rows {
    #[serde(default)]
    critical: BTreeMap<String, Priority>,
    #[serde(default)]
    high: BTreeMap<String, Priority>,
    #[serde(default)]
    medium: BTreeMap<String, Priority>,
    #[serde(default)]
    low: BTreeMap<String, Priority>,
}

/// The table that holds at the moment. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Policy {
    file: Option<PathBuf>,
    current: Arc<RwLock<(String, Arc<Table>)>>,
    reloads: Family<Labels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: &'static str,
}

impl Table {
    /// Reads a TOML document.
    ///
    /// # Errors
    ///
    /// Every mistake, with its position.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        Document::parse(text)?.read(&SCHEMA)
    }

    /// How urgent something is.
    #[must_use]
    pub fn priority(&self, severity: Severity, environment: &str) -> Priority {
        let row = match severity {
            Severity::Critical => &self.priority.critical,
            Severity::High => &self.priority.high,
            Severity::Medium => &self.priority.medium,
            Severity::Low => &self.priority.low,
        };
        row.get(environment).or_else(|| row.get(ANY)).copied().unwrap_or(self.default)
    }
}

impl Policy {
    /// The table of a file, or the built-in one.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is malformed.
    pub fn open(file: Option<PathBuf>, service: &Service) -> anyhow::Result<Self> {
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).with_context(|| named(path))?,
            None => BUILT_IN.to_owned(),
        };
        let name = || file.as_deref().map_or_else(|| "the built-in policy".to_owned(), named);
        let table = Table::read(&text).with_context(name)?;
        let reloads = Family::default();
        service.metrics.register(
            "policy_reloads",
            "Changes of the policy's file, by outcome",
            Family::clone(&reloads),
        );
        Ok(Self { file, current: Arc::new(RwLock::new((text, Arc::new(table)))), reloads })
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Arc<Table> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Reads the file again whenever it changes, until the service stops. A bad file
    /// is refused and the old table stays; `/health/ready` lists the policy then.
    ///
    /// # Errors
    ///
    /// None; it is a background task.
    pub async fn watch(self, service: Service) -> anyhow::Result<()> {
        service
            .watch("policy", async || {
                self.reload().await.inspect_err(|error| tracing::warn!("{error:#}")).is_ok()
            })
            .await
    }

    async fn reload(&self) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = tokio::fs::read_to_string(path).await.with_context(|| named(path))?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 == text {
            return Ok(());
        }
        let table = Table::read(&text).with_context(|| named(path));
        let outcome = if table.is_ok() { "success" } else { "failure" };
        self.reloads.get_or_create(&Labels { outcome }).inc();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (text, Arc::new(table?));
        tracing::info!(file = %path.display(), "the policy has changed");
        Ok(())
    }
}

fn named(path: &Path) -> String {
    format!("cannot use {} (POLICY_FILE)", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_that_of_the_documentation() {
        let table = Table::read(BUILT_IN).expect("it is well formed");
        let environments = ["production", "staging", "development", "unknown"];
        let row = |severity: Severity| {
            let priorities = environments.map(|name| table.priority(severity, name).to_string());
            format!("{severity} {}", priorities.join(" "))
        };
        let rows = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(row);
        insta::assert_snapshot!(rows.join("\n"), @"
        critical P0 P1 P2 P2
        high P1 P2 P3 P3
        medium P2 P3 P3 P3
        low P3 P3 P3 P3
        ");
    }

    #[test]
    fn a_malformed_table_is_told_where() {
        let refused = |text| format!("{:#}", Table::read(text).expect_err("malformed"));
        insta::assert_snapshot!(refused("default = \"P4\"\n[priority.urgent]\na = 1"), @"line 1, column 1: default must be one of P0, P1, P2, P3; line 2, column 11: priority.urgent is not a known field");
        insta::assert_snapshot!(refused("default = "), @"line 1, column 11: string values must be quoted, expected literal string");
    }

    #[tokio::test]
    async fn a_changed_file_is_read_again_and_a_bad_one_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.toml");
        let write = |text: &str| std::fs::write(&file, text).expect("written");
        write("default = \"P0\"");
        let service = Service::for_tests(kit::package!());
        let policy = Policy::open(Some(file.clone()), &service).expect("a good file");
        let now = || policy.table().priority(Severity::Low, "unknown");
        assert_eq!(now(), Priority::P0);
        write("default = \"P1\"");
        policy.reload().await.expect("a good file");
        assert_eq!(now(), Priority::P1);
        write("default = 1");
        let error = policy.reload().await.expect_err("a bad file");
        let expected = format!(
            "cannot use {} (POLICY_FILE): line 1, column 1: default must be one of P0, P1, P2, P3",
            file.display()
        );
        assert_eq!(format!("{error:#}"), expected);
        assert_eq!(now(), Priority::P1, "the old one stays");
        policy.reload().await.expect_err("it is still bad");
        write("default = \"P2\"");
        policy.reload().await.expect("a good file");
        assert_eq!(now(), Priority::P2);
        std::fs::remove_file(&file).expect("removed");
        policy.reload().await.expect_err("there is none");
        assert_eq!(now(), Priority::P2);
    }
}
