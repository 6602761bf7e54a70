//! The database of a service that keeps state: SQLite or PostgreSQL.
//!
//! [`DatabaseUrl`] says which kind of database it is and where, [`Database`] is
//! the open one. Both kinds are used through sqlx's `Any` driver, so a service
//! has one set of statements, with parameters `$1`, `$2`, …
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables, [`DatabaseUrl`] |
//! | [`mod@column`] | values in columns: ids, words, times, JSON |
//! | [`statement`] | builds a statement from parts |
//! | [`migrations`] | the schema, embedded |
//! | [`kind`] | what differs between SQLite and PostgreSQL |
//! | `sqlite`, `postgres` | how connections are opened |
//! | [`error`] | failures, sorted into unavailable and broken |
//!
//! The statements of a feature are in the feature's own module.

pub mod column;
pub mod config;
pub mod error;
pub mod kind;
pub mod migrations;
mod postgres;
mod sqlite;
pub mod statement;
mod url;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::{AnyPool, Connection as _};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::readiness::Readiness;
use crate::service::Service;

pub use config::DatabaseConfig;
pub use error::StoreError;
pub use kind::DatabaseKind;
pub use migrations::{Migrations, Scripts};
pub use statement::Statement;
pub use url::DatabaseUrl;

/// The name under which `/health/ready` lists the database when it is
/// unavailable.
pub const DATABASE_PART: &str = "database";

/// How long one attempt at a migration waits for another process that migrates
/// the same database.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait before the next attempt.
const MIGRATION_RETRY: Duration = Duration::from_millis(500);

/// A connection to a database of either kind.
pub type Connection = sqlx::AnyConnection;

/// A row of a database of either kind.
pub type Row = sqlx::any::AnyRow;

/// A transaction, rolled back unless it is committed.
pub type Transaction = sqlx::Transaction<'static, sqlx::Any>;

/// The database. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Database {
    /// What it is.
    pub kind: DatabaseKind,
    config: DatabaseConfig,
    migrations: &'static [Migrations],
    writers: AnyPool,
    readers: AnyPool,
    lookout: Arc<postgres::Lookout>,
}

impl Database {
    /// The database of this configuration, with these migrations in their
    /// order. Nothing is opened yet.
    #[must_use]
    pub fn new(config: DatabaseConfig, migrations: &'static [Migrations]) -> Self {
        sqlx::any::install_default_drivers();
        let kind = config.database_url.kind();
        let (writers, readers) = match kind {
            DatabaseKind::Sqlite => sqlite::pools(&config),
            DatabaseKind::Postgres => postgres::pools(&config),
        };
        Self { kind, config, migrations, writers, readers, lookout: Arc::default() }
    }

    /// Begins a write transaction.
    ///
    /// On SQLite it holds the write lock from the start. On PostgreSQL other
    /// transactions write at the same time: what this one has read may change
    /// before it writes, unless it locks the rows or relies on a unique index.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        self.in_turn(|| self.writers.begin_with(self.kind.begin())).await
    }

    /// Begins a write transaction that excludes all others that begin like
    /// this, in every process. What it reads of their tables does not change
    /// before it commits, and its commits have one order.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn begin_exclusive(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin().await?;
        if self.kind == DatabaseKind::Postgres {
            sqlx::query(postgres::LOCK).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }

    /// Begins a read transaction, in which all statements see the same state.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn snapshot(&self) -> Result<Transaction, StoreError> {
        self.in_turn(|| self.readers.begin_with(self.kind.begin_snapshot())).await
    }

    /// Waits for a connection for a turn, unless there is no server. The pool would ask
    /// again for the whole turn, as if the server were just starting, and so would all
    /// requests; and it would wait as long for a server that answers nothing.
    async fn in_turn<B>(&self, begin: impl Fn() -> B) -> Result<Transaction, StoreError>
    where
        B: Future<Output = Result<Transaction, sqlx::Error>>,
    {
        if self.kind == DatabaseKind::Sqlite {
            return Ok(begin().await?);
        }
        let begun = async {
            loop {
                match begin().await {
                    Err(sqlx::Error::PoolTimedOut) => {}
                    begun => return Ok(begun?),
                }
            }
        };
        tokio::select! {
            biased;
            begun = within(self.config.turn_timeout, begun) => begun,
            error = self.lookout.refused(&self.config.database_url) => Err(error.into()),
        }
    }

    /// The time by the database's clock, in whole microseconds. All processes
    /// that share a database agree on it.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn now(&self, connection: &mut Connection) -> Result<OffsetDateTime, StoreError> {
        let microseconds = match self.kind {
            // The processes that share a file share the machine's clock.
            DatabaseKind::Sqlite => column::microseconds(OffsetDateTime::now_utc()),
            DatabaseKind::Postgres => {
                sqlx::query_scalar(postgres::NOW).fetch_one(connection).await?
            }
        };
        column::from_microseconds(microseconds)
    }

    /// Opens the database and migrates it to the current schema; a file of
    /// SQLite is created if it does not exist. If several processes do this at
    /// the same time, one does the work and the others wait, at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the database cannot be opened or is
    /// locked for longer than `timeout`; [`StoreError::Broken`] if its schema
    /// is unknown.
    pub async fn migrate(&self, timeout: Duration) -> Result<(), StoreError> {
        let url = &self.config.database_url;
        match self.kind {
            DatabaseKind::Sqlite => {
                // One transaction that holds the write lock, because sqlx takes
                // no lock of its own on SQLite.
                let mut connection = sqlite::first_connection(url, timeout).await?;
                let mut transaction = connection.begin_with(self.kind.begin()).await?;
                for migrations in self.migrations {
                    run(migrations.table, migrations.sqlite, &mut transaction).await?;
                }
                transaction.commit().await?;
                connection.close().await?;
            }
            DatabaseKind::Postgres => {
                // sqlx takes an advisory lock. A failure closes the connection,
                // which releases it.
                let migration = async {
                    let mut connection = postgres::connect(url, timeout).await?;
                    for migrations in self.migrations {
                        run(migrations.table, migrations.postgres, &mut connection).await?;
                    }
                    connection.close().await?;
                    Ok(())
                };
                within(timeout, migration).await?;
            }
        }
        Ok(())
    }

    /// [Migrates](Self::migrate) once the database is available. A restart
    /// during an outage waits, and `/health/ready` says for what.
    ///
    /// # Errors
    ///
    /// [`StoreError::Broken`], and what no waiting mends: a file of SQLite that
    /// cannot be opened.
    pub async fn migrate_when_available(&self, readiness: &Readiness) -> Result<(), StoreError> {
        readiness.wait_for("the database");
        loop {
            match self.migrate(MIGRATION_TIMEOUT).await {
                Err(error @ StoreError::Unavailable(_)) if !error.is_missing_file() => {
                    tracing::warn!("waiting for the database: {error}");
                }
                migrated => return migrated,
            }
            tokio::time::sleep(MIGRATION_RETRY).await;
        }
    }

    /// Whether the database can be written at the moment; it writes nothing.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn check(&self) -> Result<(), StoreError> {
        let check = async { Ok(self.begin().await?.rollback().await?) };
        within(self.config.turn_timeout + self.config.lock_timeout, check).await
    }

    /// Checks the database at intervals until the service stops, so that
    /// `/health/ready` is right without traffic too.
    ///
    /// # Errors
    ///
    /// None; it is a background task of [`App::task`](crate::App::task).
    pub async fn watch(self, service: Service) -> anyhow::Result<()> {
        let check =
            || async { self.check().await.inspect_err(|error| tracing::debug!("{error}")).is_ok() };
        service.watch(DATABASE_PART, check).await
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        // The last connection to close moves the log of SQLite into the file.
        self.writers.close().await;
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Like `Migrator::run` of sqlx, whose future cannot be spawned; see the comment on
/// `run_direct` there.
async fn run(
    table: &'static str,
    scripts: Scripts,
    connection: &mut Connection,
) -> Result<(), StoreError> {
    let migrator = migrations::migrator(table, scripts);
    migrator.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Broken(other.into()),
    })
}

/// A database that does not answer in time is unavailable.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, work).await.unwrap_or(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)))
}

#[cfg(test)]
mod tests;
