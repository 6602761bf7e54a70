//! SQLite: one connection for writing, some for reading.

use std::time::{Duration, Instant};

use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool, Transaction};

use super::StoreError;

/// How long a statement waits for the write lock if another process holds it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a request waits for a connection. Together with [`LOCK_TIMEOUT`] it
/// stays well below the 30 s that a request may take.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// How many queries run at the same time.
const READERS: u32 = 4;

/// A database in one file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    options: SqliteConnectOptions,
    migrations: &'static Migrator,
    /// A single connection: writers of this process wait for it in order,
    /// instead of competing for the lock of the file.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    pub(super) fn new(options: SqliteConnectOptions, migrations: &'static Migrator) -> Self {
        let options = options
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(LOCK_TIMEOUT)
            // Readers and the writer do not wait for each other.
            .journal_mode(SqliteJournalMode::Wal)
            // Commits survive a crash of the machine, not only of the process.
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let pool = |size| {
            PoolOptions::new()
                .max_connections(size)
                .acquire_timeout(TURN_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                // There is no network in between that could fail.
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_lazy_with(options.clone());
        let readers = pool(READERS).connect_lazy_with(options.clone().pragma("query_only", "ON"));
        Self { options, migrations, writer, readers }
    }

    /// Begins a write transaction. It holds the write lock from the start, so
    /// the data that it reads cannot change before it writes.
    ///
    /// # Errors
    ///
    /// When the database is unavailable.
    pub async fn begin(&self) -> Result<Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Begins a read transaction, in which all statements see the same state.
    ///
    /// # Errors
    ///
    /// When the database is unavailable.
    pub async fn snapshot(&self) -> Result<Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.readers.begin().await
    }

    /// Migrates in one transaction that holds the write lock from the start,
    /// because sqlx takes no lock of its own on SQLite.
    pub(super) async fn migrate(&self, timeout: Duration) -> Result<(), StoreError> {
        let options = self.options.clone().busy_timeout(timeout);
        let mut connection = first_connection(&options, timeout).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        // The same as `run`, whose future cannot be spawned; see the comment on
        // `run_direct` in sqlx.
        self.migrations.run_direct(None, &mut *transaction, false).await.map_err(|error| {
            match error {
                sqlx::migrate::MigrateError::Execute(error)
                | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
                other => StoreError::Broken(other.into()),
            }
        })?;
        transaction.commit().await?;
        connection.close().await?;
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.begin().await?.rollback().await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        // The last connection to close moves the log into the database file.
        self.writer.close().await;
    }
}

/// Connects, and waits while another process initialises the file.
///
/// The first connection to a new file switches it to write-ahead logging, for
/// which SQLite needs the file exclusively. To avoid a deadlock, SQLite ignores
/// the busy timeout there and reports at once that the file is locked. So this
/// function retries.
async fn first_connection(
    options: &SqliteConnectOptions,
    timeout: Duration,
) -> Result<SqliteConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match SqliteConnection::connect_with(options).await {
            Err(error) if is_locked(&error) && started.elapsed() < timeout => {
                tracing::debug!(%error, "another process opens the new database");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            connected => return connected,
        }
    }
}

/// SQLITE_BUSY and its extended codes, <https://sqlite.org/rescode.html#busy>.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, Migrations};

    static MIGRATOR: Migrator = sqlx::migrate!("./tests/migrations");

    const TEST_TIMEOUT: Duration = Duration::from_secs(20);

    fn store(folder: &tempfile::TempDir) -> Database {
        open(&folder.path().join("trail.db"))
    }

    fn open(path: &std::path::Path) -> Database {
        let url = format!("sqlite://{}", path.display());
        Database::new(url.parse().expect("a good URL"), Migrations { sqlite: &MIGRATOR })
    }

    #[tokio::test]
    async fn many_that_migrate_at_once_agree() {
        let folder = tempfile::tempdir().expect("a folder");
        let runs: Vec<_> = (0..8)
            .map(|_| {
                let store = store(&folder);
                tokio::spawn(async move { store.migrate(TEST_TIMEOUT).await })
            })
            .collect();
        for run in runs {
            run.await.expect("no panic").expect("migrated");
        }
        let store = store(&folder);
        store.migrate(TEST_TIMEOUT).await.expect("a second time is no change");
        store.check().await.expect("writable");
    }

    #[tokio::test]
    async fn a_held_lock_makes_the_database_unavailable_until_its_release() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        store.migrate(TEST_TIMEOUT).await.expect("migrated");
        let Database::Sqlite(other) = self::store(&folder);

        let held = other.begin().await.expect("the lock");
        let migration = store.migrate(Duration::from_millis(50)).await;
        assert!(matches!(migration, Err(StoreError::Unavailable(_))), "{migration:?}");
        let check = store.check().await;
        assert!(matches!(check, Err(StoreError::Unavailable(_))), "{check:?}");

        held.rollback().await.expect("released");
        store.check().await.expect("writable again");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_unavailable() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder.path().join("missing/trail.db"));
        let error = store.migrate(TEST_TIMEOUT).await.expect_err("no folder");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains("unable to open database file"), "{error}");
    }
}
