//! The database of a service that keeps state.
//!
//! [`DatabaseUrl`] says which kind of database it is and where, [`Database`] is
//! the open one. This module opens a database, migrates it to the current
//! schema and watches it; [`column`](mod@column) converts values of columns.
//! The statements of a feature are in the feature's own module.

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

/// The name under which `/health/ready` lists the database when it is
/// unavailable.
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
    /// The database at this URL. Nothing is opened yet.
    #[must_use]
    pub fn new(url: DatabaseUrl, migrations: Migrations) -> Self {
        match url {
            DatabaseUrl::Sqlite(options) => Self::Sqlite(Sqlite::new(options, migrations.sqlite)),
        }
    }

    /// Opens the database, creates it if it does not exist, and migrates it to
    /// the current schema. If several processes do this at the same time, one
    /// does the work and the others wait, at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be opened or is
    /// locked for longer than `timeout`; [`StoreError::Broken`] if its schema
    /// is unknown.
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

    /// Checks the database at intervals until the service stops, so that
    /// `/health/ready` is right without traffic too.
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
