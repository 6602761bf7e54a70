//! The database behind the trail and the catalog.
//!
//! The kit opens, migrates and watches the database. The statements of a
//! feature are in the feature's own module: `audit/sql`, `catalog/sql`.

use kit::database::{Database, DatabaseConfig, Migrations, Scripts};
use kit::scripts;

static MIGRATIONS: &[Migrations] =
    &[Migrations { table: "_sqlx_migrations", sqlite: SQLITE, postgres: POSTGRES }];
const SQLITE: Scripts = scripts!("../migrations/sqlite", "0001_audit_events", "0002_workflows");
const POSTGRES: Scripts = scripts!("../migrations/postgres", "0001_audit_events", "0002_workflows");

/// The database with our schema. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database itself.
    pub database: Database,
}

impl Store {
    /// The database of this configuration. Nothing is opened yet;
    /// [migrate](Database::migrate) it before use.
    pub fn new(config: DatabaseConfig) -> Self {
        Self { database: Database::new(config, MIGRATIONS) }
    }
}
