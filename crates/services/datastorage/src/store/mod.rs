//! The database behind the trail.
//!
//! [`DatabaseUrl`] says which kind of database it is and where, [`Store`] is
//! the open database. What a feature reads and writes lives with the feature,
//! one file per database (`audit/sqlite.rs`); here is only how a database is
//! opened and brought to the current schema.

mod error;
mod sqlite;
mod url;

use std::time::Duration;

pub use error::StoreError;
pub use sqlite::Sqlite;
pub use url::DatabaseUrl;

/// The database. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub enum Store {
    /// One file, one writer at a time, readers beside it.
    Sqlite(Sqlite),
}

impl Store {
    /// The database at this URL; nothing is opened yet.
    pub fn new(url: DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(options) => Self::Sqlite(Sqlite::new(options)),
        }
    }

    /// Opens the database, makes it if there is none, and brings it to the
    /// current schema. Of several processes that do this at the same time one
    /// does the work and the others wait, at most `patience`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be opened or is
    /// locked for longer than `patience`; [`StoreError::Broken`] if its schema
    /// is not one of ours.
    pub async fn migrate(&self, patience: Duration) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.migrate(patience).await,
        }
    }

    /// Whether the database can be written at the moment; it writes nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check().await,
        }
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
