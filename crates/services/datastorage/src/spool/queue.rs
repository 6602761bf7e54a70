//! The queue: bounded, in order.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, ensure};
use contract::datastorage::NewEvent;
use futures_util::TryStreamExt as _;
use kit::database::Scripts;
use kit::database::column::{from_microseconds, microseconds};
use kit::database::migrations::migrator;
use kit::scripts;
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder, SqliteConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::folder;

const SCRIPTS: Scripts = scripts!("../../migrations/spool", "0001_spool");

/// The name of the database in the folder.
pub(super) const FILE: &str = "spool.db";

/// How long a statement waits for an operator who has locked the database.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// A durable queue of events, in a database of its own.
#[derive(Debug)]
pub struct Spool {
    pub(super) connection: SqliteConnection,
    path: PathBuf,
    max_events: u64,
    depth: u64,
    waiting_since: Option<OffsetDateTime>,
    /// Holds the lock of the folder until the process ends.
    _lock: File,
}

/// The spool has no room for the events of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolFull;

/// An event that waits.
#[derive(Debug)]
pub struct SpooledEvent {
    /// Its place in the queue; later events have greater ones.
    pub position: i64,
    /// When DataStorage accepted it, in whole microseconds. It gets this time as
    /// `recorded_at` in the database, however often it is replayed.
    pub accepted_at: OffsetDateTime,
    /// The event, unless it was changed to something else.
    pub event: serde_json::Result<NewEvent>,
}

/// Why an event can never be stored.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The event's place in the queue.
    pub position: i64,
    /// Its id, if the event can be read.
    pub event_id: Option<Uuid>,
    /// Why it was rejected.
    pub reason: String,
}

impl Spool {
    /// Opens the spool in a folder, with all events of an earlier process. The
    /// folder is created if it does not exist. At most `max_events` may wait.
    ///
    /// # Errors
    /// When the folder cannot be written, another process uses it, or it has
    /// events of an earlier version.
    pub async fn open(folder: &Path, max_events: u64) -> anyhow::Result<Self> {
        let lock = folder::lock(folder)?;
        let path = folder.join(FILE);
        // The error's own sources repeat it.
        let mut connection = connect(&path)
            .await
            .map_err(|error| anyhow!("cannot open {}: {error}", path.display()))?;
        let depth: i64 = sqlx::query_scalar("SELECT count(*) FROM waiting_events")
            .fetch_one(&mut connection)
            .await?;
        Ok(Self {
            depth: u64::try_from(depth)?,
            waiting_since: waiting_since(&mut connection).await?,
            connection,
            path,
            max_events,
            _lock: lock,
        })
    }

    /// Appends the events of requests in their order, those of a request if
    /// there is room for all of them. Accepted events are on the disk when it
    /// returns.
    ///
    /// # Errors
    /// When they cannot be written; then none of them is in the spool.
    pub async fn append(
        &mut self,
        accepted_at: OffsetDateTime,
        requests: &[Vec<NewEvent>],
    ) -> anyhow::Result<Vec<Result<(), SpoolFull>>> {
        let mut depth = self.depth;
        let mut accepted = Vec::new();
        let mut answers = Vec::with_capacity(requests.len());
        for events in requests {
            let count = events.len() as u64;
            let fits = count <= self.max_events.saturating_sub(depth);
            if fits {
                depth += count;
                for event in events {
                    accepted.push(serde_json::to_string(event)?);
                }
            }
            answers.push(if fits { Ok(()) } else { Err(SpoolFull) });
        }
        if !accepted.is_empty() {
            // SQLite would go on in a file that nobody finds again.
            ensure!(self.path.try_exists()?, "{} was deleted", self.path.display());
            let mut insert = QueryBuilder::new("INSERT INTO waiting_events (accepted_at, event) ");
            insert.push_values(accepted, |mut row, event| {
                row.push_bind(microseconds(accepted_at)).push_bind(event);
            });
            // Its text depends on the number of events, so it is not kept.
            insert.build().persistent(false).execute(&mut self.connection).await?;
            self.depth = depth;
            self.waiting_since.get_or_insert(accepted_at);
        }
        Ok(answers)
    }

    /// The oldest events, in their order: as many as fit into `events` and
    /// `bytes`, but at least one unless the spool is empty.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn oldest(&mut self, events: u32, bytes: usize) -> anyhow::Result<Vec<SpooledEvent>> {
        let mut rows = sqlx::query_as::<_, (i64, i64, String)>(
            "SELECT position, accepted_at, event FROM waiting_events ORDER BY position LIMIT ?",
        )
        .bind(events)
        .fetch(&mut self.connection);
        let mut found = Vec::new();
        let mut bytes_left = bytes;
        while let Some((position, accepted_at, event)) = rows.try_next().await? {
            if event.len() > bytes_left && !found.is_empty() {
                break;
            }
            bytes_left = bytes_left.saturating_sub(event.len());
            found.push(SpooledEvent {
                position,
                accepted_at: from_microseconds(accepted_at)?,
                event: serde_json::from_str(&event),
            });
        }
        Ok(found)
    }

    /// Removes all events up to this position. Those with a letter stay as dead
    /// letters.
    ///
    /// # Errors
    /// When the spool cannot be written; then nothing is removed.
    pub async fn remove(&mut self, last: i64, letters: &[DeadLetter]) -> anyhow::Result<()> {
        let mut transaction = self.connection.begin().await?;
        for letter in letters {
            sqlx::query(
                "INSERT INTO dead_letters (accepted_at, event, rejected_at, reason)
                 SELECT accepted_at, event, ?, ? FROM waiting_events WHERE position = ?",
            )
            .bind(microseconds(OffsetDateTime::now_utc()))
            .bind(&letter.reason)
            .bind(letter.position)
            .execute(&mut *transaction)
            .await?;
        }
        let removed = sqlx::query("DELETE FROM waiting_events WHERE position <= ?")
            .bind(last)
            .execute(&mut *transaction)
            .await?;
        let waiting_since = waiting_since(&mut transaction).await?;
        transaction.commit().await?;
        self.depth = self.depth.saturating_sub(removed.rows_affected());
        self.waiting_since = waiting_since;
        Ok(())
    }

    /// How many events wait.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// When the oldest event was accepted.
    #[must_use]
    pub fn waiting_since(&self) -> Option<OffsetDateTime> {
        self.waiting_since
    }
}

async fn connect(path: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // The file shrinks when events leave it.
        .auto_vacuum(SqliteAutoVacuum::Full)
        .busy_timeout(LOCK_TIMEOUT)
        // A failed statement is an error, and whoever gets it logs it.
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    migrator("_sqlx_migrations", SCRIPTS).run(&mut connection).await?;
    Ok(connection)
}

async fn waiting_since(
    connection: &mut SqliteConnection,
) -> anyhow::Result<Option<OffsetDateTime>> {
    let oldest: Option<i64> =
        sqlx::query_scalar("SELECT accepted_at FROM waiting_events ORDER BY position LIMIT 1")
            .fetch_optional(connection)
            .await?;
    Ok(oldest.map(from_microseconds).transpose()?)
}
