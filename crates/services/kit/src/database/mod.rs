//! The database of a service that keeps state.
//!
//! [`DatabaseUrl`] says which kind of database it is and where, [`Database`] is
//! the open one. What a feature reads and writes lives with the feature; here
//! is only how a database is opened, brought to the current schema, and looked
//! after, and in [`column`](mod@column) how values are written into columns.

pub mod column;
mod error;
mod sqlite;
mod url;

use std::time::Duration;

use sqlx::migrate::Migrator;

use crate::service::Service;

pub use error::StoreError;
pub use sqlite::Sqlite;
pub use url::DatabaseUrl;

/// The name under which `/health/ready` lists the database when it is away.
pub const DATABASE_PART: &str = "database";

/// The embedded migrations of a service, one set for each kind of database.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: &'static Migrator,
}

/// The database. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file, one writer at a time, readers beside it.
    Sqlite(Sqlite),
}

impl Database {
    /// The database at this URL; nothing is opened yet.
    #[must_use]
    pub fn new(url: DatabaseUrl, migrations: Migrations) -> Self {
        match url {
            DatabaseUrl::Sqlite(options) => Self::Sqlite(Sqlite::new(options, migrations.sqlite)),
        }
    }

    /// Opens the database, makes it if there is none, and brings it to the
    /// current schema. Of several processes that do this at the same time one
    /// does the work and the others wait, at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be opened or is
    /// locked for longer than `timeout`; [`StoreError::Broken`] if its
    /// schema is not one of ours.
    pub async fn migrate(&self, timeout: Duration) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.migrate(timeout).await,
        }
    }

    /// Whether the database can be written at the moment; it writes nothing.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check().await,
        }
    }

    /// Looks at the database from time to time until the service stops, so that
    /// `/health/ready` tells the truth without traffic too.
    pub async fn watch(self, service: Service) {
        let check =
            || async { self.check().await.inspect_err(|error| tracing::debug!("{error}")).is_ok() };
        service.watch(DATABASE_PART, check).await;
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
