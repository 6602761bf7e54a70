//! The database behind the trail and the catalog.
//!
//! The kit opens, migrates and watches the database. The statements of a
//! feature are in the feature's own module, one per kind of database:
//! `audit/sqlite`.

use kit::database::{Database, DatabaseUrl, Migrations};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// The database with our schema. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database itself.
    pub database: Database,
}

impl Store {
    /// The database at this URL. Nothing is opened yet;
    /// [migrate](Database::migrate) it before use.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { database: Database::new(url, Migrations { sqlite: &SQLITE }) }
    }
}
