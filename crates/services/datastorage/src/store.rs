//! The database behind the trail and the catalog.
//!
//! How a database is opened, migrated and watched is the kit's business. What a
//! feature reads and writes lives with the feature, one file per kind of
//! database: `audit/sqlite.rs`.

use kit::database::{Database, DatabaseUrl, Migrations};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// The database with our schema. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database itself.
    pub database: Database,
}

impl Store {
    /// The database at this URL; nothing is opened yet. It has to be
    /// [migrated](Database::migrate) before it is used.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { database: Database::new(url, Migrations { sqlite: &SQLITE }) }
    }
}
