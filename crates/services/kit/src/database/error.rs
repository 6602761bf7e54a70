//! Failures of the database.

use std::fmt;
use std::time::Duration;

use sqlx::error::DatabaseError;
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
const NOT_NOW: [i32; 8] = [
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
const CONSTRAINT: i32 = 19;

impl StoreError {
    /// Whether a rule of the schema refused the write. The same write would be
    /// refused again; other writes may succeed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let Self::Broken(error) = self else {
            return false;
        };
        let database = error.downcast_ref().and_then(sqlx::Error::as_database_error);
        database.and_then(primary_code) == Some(CONSTRAINT)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(database) => {
                primary_code(&**database).is_some_and(|code| NOT_NOW.contains(&code))
            }
            _ => false,
        };
        if unavailable { Self::Unavailable(error) } else { Self::Broken(error.into()) }
    }
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
