//! SQLite: one connection for writing, some for reading.

use std::time::{Duration, Instant};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _};

use super::config::DatabaseConfig;
use super::url::DatabaseUrl;

/// How many queries run at the same time.
const READERS: u32 = 4;

/// The connection for writing, and those for reading.
///
/// Writers of this process wait for the single connection in order, instead of
/// competing for the lock of the file.
pub(super) fn pools(config: &DatabaseConfig) -> (AnyPool, AnyPool) {
    let pool = |size, query_only| {
        let (lock_timeout, sync) = (config.lock_timeout, config.sync);
        AnyPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(config.turn_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            // There is no network in between that could fail.
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                Box::pin(configure(connection, lock_timeout, sync, query_only))
            })
            .connect_lazy_with(options(&config.database_url))
    };
    (pool(1, false), pool(READERS, true))
}

/// Connects, and waits while another process initialises the file.
///
/// The first connection to a new file switches it to write-ahead logging, for
/// which SQLite needs the file exclusively. To avoid a deadlock, SQLite ignores
/// the busy timeout there and reports at once that the file is locked. So this
/// function retries.
pub(super) async fn first_connection(
    url: &DatabaseUrl,
    timeout: Duration,
) -> Result<AnyConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match connect(url, timeout).await {
            Err(error) if is_locked(&error) && started.elapsed() < timeout => {
                tracing::debug!(%error, "another process opens the new database");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            connected => return connected,
        }
    }
}

async fn connect(url: &DatabaseUrl, lock_timeout: Duration) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect_with(&options(url)).await?;
    configure(&mut connection, lock_timeout, true, false).await?;
    Ok(connection)
}

/// Settings of a connection. sqlx reads only some of them from a URL, which is
/// all that its `Any` driver takes; its default for foreign keys is on.
async fn configure(
    connection: &mut AnyConnection,
    lock_timeout: Duration,
    sync: bool,
    query_only: bool,
) -> Result<(), sqlx::Error> {
    let statements = format!(
        // Readers and the writer do not wait for each other. With FULL, commits survive
        // a crash of the machine, not only of the process.
        "PRAGMA busy_timeout = {};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {};
         PRAGMA foreign_keys = ON;
         PRAGMA query_only = {};",
        lock_timeout.as_millis(),
        if sync { "FULL" } else { "OFF" },
        if query_only { "ON" } else { "OFF" },
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
    Ok(())
}

fn options(url: &DatabaseUrl) -> AnyConnectOptions {
    let mut options = url.options();
    options.database_url.query_pairs_mut().clear().append_pair("mode", "rwc");
    options
}

/// SQLITE_BUSY and its extended codes, <https://sqlite.org/rescode.html#busy>.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}
