//! How many copies of a service run.

use anyhow::anyhow;

use super::BackendKind;
use crate::error::{Attach as _, Kind};
use crate::workspace::{DatabaseKind, Plan};

/// Makes sure that a backend can run as many copies of services as their metadata says.
///
/// # Errors
///
/// It runs one of each, or the copies would not have the same data.
pub(crate) fn check_replicas(plan: &Plan, kind: BackendKind) -> anyhow::Result<()> {
    for planned in plan.services().filter(|planned| planned.service.replicas > 1) {
        let key = planned.service.key("replicas");
        if kind.backend().cluster.is_none() {
            let name = kind.name();
            let error = anyhow!("{key}: the backend `{name}` runs one copy of a service");
            let clusters = BackendKind::all().filter(|kind| kind.backend().cluster.is_some());
            let clusters: Vec<String> =
                clusters.map(|kind| format!("`--on {}`", kind.name())).collect();
            return Err(error.kind(Kind::Metadata).hint(clusters.join(" or ")));
        }
        if planned.database == Some(DatabaseKind::Sqlite) {
            let error = anyhow!("{key}: copies of a service do not share an SQLite database");
            return Err(error.kind(Kind::Metadata).hint("`--database postgres`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::describe;
    use crate::workspace::testing::Fixture;

    fn plan(database: Option<DatabaseKind>) -> Plan {
        let service = json!({
            "replicas": 2,
            "database": ["sqlite", "postgres"],
            "env": { "DATABASE_URL": "{database.url}" },
            "suite": {},
        });
        let workspace = Fixture::new().service("a", service).e2e(&["a"]).load().unwrap();
        let mut plan = workspace.plan(workspace.suite("a").unwrap()).unwrap();
        plan.levels[0][0].database = database;
        plan
    }

    #[test]
    fn several_copies_run_in_clusters() {
        let error = check_replicas(&plan(None), BackendKind::Process).unwrap_err();
        assert_eq!(Kind::of(&error), Kind::Metadata);
        insta::assert_snapshot!(describe(&error), @"
        crates/a/Cargo.toml: package.metadata.onetag.replicas: the backend `process` runs one copy of a service
        hint: `--on kind` or `--on kube`
        ");
        check_replicas(&plan(Some(DatabaseKind::Postgres)), BackendKind::Kube).unwrap();
    }

    #[test]
    fn copies_share_a_database() {
        let plan = plan(Some(DatabaseKind::Sqlite));
        let error = check_replicas(&plan, BackendKind::Kube).unwrap_err();
        insta::assert_snapshot!(describe(&error), @"
        crates/a/Cargo.toml: package.metadata.onetag.replicas: copies of a service do not share an SQLite database
        hint: `--database postgres`
        ");
    }
}
