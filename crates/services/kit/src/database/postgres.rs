//! PostgreSQL: two pools, so that queries do not keep writers waiting.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::config::DatabaseConfig;
use super::url::DatabaseUrl;

/// How many transactions write at the same time. Those of this process wait for
/// their turn in order, as on SQLite; [`LOCK`] is for those of others.
const WRITERS: u32 = 1;

/// How many queries run at the same time.
const READERS: u32 = 4;

/// How long a request waits for a connection before it is looked whether there is a
/// server, and before it is looked again. Each look costs the server a process.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// How long one attempt at a connection may take, of the time that whoever waits for it
/// has. An address whose server has just gone may answer nothing at all: where a cluster is
/// about to name another one behind it, whatever was sent first is lost for good, and what
/// is sent next arrives.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// After which time a connection that nobody needs is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// After which time the server ends a session that holds a transaction open and
/// asks nothing: a process that hangs must not hold its locks for ever.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// The time in microseconds since 1970, not that of the transaction's begin.
pub(super) const NOW: &str =
    "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";

/// Excludes other transactions until the end of this one. Statements after it
/// see all that was committed before it, because each of them has a snapshot of
/// its own. Two services may share a database with a schema for each. Our number
/// keeps the lock apart from those with one key, like sqlx's.
pub(super) const LOCK: &str =
    "SELECT pg_advisory_xact_lock(20591, hashtext(current_schema()::text))";

/// The connections for writing, and those for reading.
pub(super) fn pools(config: &DatabaseConfig) -> (AnyPool, AnyPool) {
    let pool = |size, read_only| {
        AnyPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(config.turn_timeout.min(ATTEMPT_TIMEOUT))
            .idle_timeout(IDLE_TIMEOUT)
            // A connection of before a restart of the server is replaced,
            // instead of failing a request.
            .test_before_acquire(true)
            // A lock of another process is its turn, which is waited for as for one here.
            .connect_lazy_with(options(&config.database_url, config.turn_timeout, read_only))
    };
    (pool(WRITERS, false), pool(READERS, true))
}

/// Connects once, for a migration; as often as nobody answers.
pub(super) async fn connect(
    url: &DatabaseUrl,
    lock_timeout: Duration,
) -> Result<AnyConnection, sqlx::Error> {
    let options = options(url, lock_timeout, false);
    loop {
        let attempt = timeout(ATTEMPT_TIMEOUT, AnyConnection::connect_with(&options));
        if let Ok(connected) = attempt.await {
            return connected;
        }
    }
}

/// Looks whether there is a server, once in each interval for all requests that wait.
#[derive(Debug, Default)]
pub(super) struct Lookout(Mutex<Option<(Instant, bool)>>);

impl Lookout {
    /// Ends when the server refuses connections: nothing listens where it should.
    pub(super) async fn refused(&self, url: &DatabaseUrl) -> sqlx::Error {
        let Some(address) = url.address() else { return pending().await };
        loop {
            sleep(LOOK_INTERVAL).await;
            if self.is_refused(address).await {
                return io::Error::from(ErrorKind::ConnectionRefused).into();
            }
        }
    }

    async fn is_refused(&self, address: (&str, u16)) -> bool {
        let mut last = self.0.lock().await;
        match *last {
            Some((at, is_refused)) if at.elapsed() < LOOK_INTERVAL => is_refused,
            _ => {
                let looked = timeout(ATTEMPT_TIMEOUT, TcpStream::connect(address)).await;
                // Whatever else is wrong, the pool tells.
                let is_refused = matches!(
                    looked,
                    Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused
                );
                *last = Some((Instant::now(), is_refused));
                is_refused
            }
        }
    }
}

/// Settings of the session go along with the connection's start, and cost no
/// statement.
fn options(url: &DatabaseUrl, lock_timeout: Duration, read_only: bool) -> AnyConnectOptions {
    let mut options = url.options();
    options
        .database_url
        .query_pairs_mut()
        .append_pair("options[lock_timeout]", &lock_timeout.as_millis().to_string())
        .append_pair(
            "options[idle_in_transaction_session_timeout]",
            &IDLE_IN_TRANSACTION_TIMEOUT.as_millis().to_string(),
        )
        .append_pair(
            "options[default_transaction_read_only]",
            if read_only { "on" } else { "off" },
        );
    options
}
