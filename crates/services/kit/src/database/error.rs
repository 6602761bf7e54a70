//! Failures of the database.

use std::fmt;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use crate::problem::Problem;

/// How long a caller should wait after a 503.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Failures of the database.
#[derive(Debug)]
pub enum StoreError {
    /// It cannot be reached or written at the moment; it may be available
    /// later.
    Unavailable(sqlx::Error),
    /// A bug, or a damaged database.
    Broken(anyhow::Error),
}

/// Primary result codes of SQLite for temporary failures:
/// <https://www.sqlite.org/rescode.html>.
const SQLITE_UNAVAILABLE: [i32; 8] = [
    5,  // SQLITE_BUSY: someone else holds the write lock.
    6,  // SQLITE_LOCKED: the same, within one process.
    7,  // SQLITE_NOMEM
    8,  // SQLITE_READONLY: the disk was remounted, or permissions changed.
    10, // SQLITE_IOERR
    13, // SQLITE_FULL
    14, // SQLITE_CANTOPEN
    15, // SQLITE_PROTOCOL: too many processes race for the WAL lock.
];

/// SQLITE_CONSTRAINT: a write breaks a rule of the schema. A trigger that
/// refuses counts too.
const SQLITE_CONSTRAINT: i32 = 19;

/// How codes of PostgreSQL for temporary failures begin:
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const POSTGRES_UNAVAILABLE: [&str; 8] = [
    "08",    // Connection exception.
    "25006", // The server became a standby, or was made read-only.
    "25P03", // The transaction was idle for too long.
    "40",    // Transaction rollback: a deadlock, a serialisation failure.
    "53",    // Insufficient resources: connections, disk, memory.
    "55P03", // Someone else holds a lock.
    "57",    // Operator intervention: the server stops or starts.
    "58",    // System error, for instance of its disk.
];

/// How codes of PostgreSQL for writes that break a rule begin: integrity
/// constraints, with which our triggers report too, and values that a column
/// cannot hold.
const POSTGRES_CONSTRAINT: [&str; 2] = ["22", "23"];

impl StoreError {
    /// Whether a rule of the schema refused the write. The same write would be
    /// refused again; other writes may succeed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let Self::Broken(error) = self else {
            return false;
        };
        let database = error.downcast_ref().and_then(sqlx::Error::as_database_error);
        database.is_some_and(|error| {
            code_is(error, |code| code == SQLITE_CONSTRAINT, &POSTGRES_CONSTRAINT)
        })
    }
}

impl StoreError {
    /// Whether SQLite cannot open or create its file: SQLITE_CANTOPEN.
    pub(super) fn is_missing_file(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(error)) = self else {
            return false;
        };
        primary_code(&**error) == Some(14)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => {
                code_is(&**error, |code| SQLITE_UNAVAILABLE.contains(&code), &POSTGRES_UNAVAILABLE)
            }
            _ => false,
        };
        if unavailable { Self::Unavailable(error) } else { Self::Broken(error.into()) }
    }
}

/// Whether the error's code is one of these.
fn code_is(error: &dyn DatabaseError, sqlite: impl Fn(i32) -> bool, postgres: &[&str]) -> bool {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return postgres.iter().any(|beginning| error.code().starts_with(beginning));
    }
    primary_code(error).is_some_and(sqlite)
}

/// The primary result code of an error of SQLite: the low byte of the extended
/// code.
fn primary_code(error: &dyn DatabaseError) -> Option<i32> {
    let code = error.try_downcast_ref::<SqliteError>()?.code()?;
    Some(code.parse::<i32>().ok()? & 0xff)
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => write!(f, "the database is unavailable: {error}"),
            Self::Broken(error) => write!(f, "the database failed: {error:#}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// An unavailable database is a 503, a broken one a 500.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database is unavailable");
                Self::unavailable("the database is unavailable", RETRY_AFTER)
            }
            StoreError::Broken(error) => error.into(),
        }
    }
}
