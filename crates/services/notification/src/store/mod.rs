//! Where notifications, their deliveries and unconfirmed audit events are kept.
//!
//! One file for each kind of database says how; what it does is said here.

mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

use std::time::Duration;

use datastorage_client::NewEvent;
use kit::database::{Database, DatabaseUrl, Migrations, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{Attempt, AttemptOutcome, Channel, Notification, Phase, Receiver, Spec};

static MIGRATIONS: Migrations = Migrations { sqlite: &sqlite::MIGRATOR };

/// How long to wait for another process that migrates the same database.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The state of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database behind it.
    pub database: Database,
}

/// What became of a request for a new notification.
#[derive(Debug)]
pub enum CreateOutcome {
    /// It is new.
    New(Notification),
    /// It was there already, with the same content.
    Same(Notification),
    /// Its name is taken by one with other content.
    Other,
}

/// Which notifications to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this phase.
    pub phase: Option<Phase>,
    /// Only those with this correlation id.
    pub correlation_id: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Leaving out so many first.
    pub offset: u32,
}

/// A delivery that was taken up and is to be attempted now.
#[derive(Debug)]
pub struct Job {
    /// The notification's id.
    pub id: Uuid,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// What was asked for.
    pub spec: Spec,
    /// The channel to deliver to.
    pub channel: Channel,
    /// The attempt's number, from 1.
    pub number: u32,
    /// How many attempts have failed before.
    pub failed: u32,
    /// When the attempt began.
    pub started_at: OffsetDateTime,
}

/// What was taken up, and when to look again.
#[derive(Debug)]
pub struct Claim {
    /// The deliveries to attempt, the most urgent first.
    pub jobs: Vec<Job>,
    /// When the next delivery is due.
    pub next_due: Option<OffsetDateTime>,
}

/// How an attempt ended, and what follows from it.
#[derive(Debug)]
pub struct FinishedAttempt {
    /// How it ended.
    pub attempt: Attempt,
    /// What follows.
    pub next: NextStep,
}

/// What follows from an attempt.
#[derive(Debug)]
pub enum NextStep {
    /// The delivery is tried again then.
    Retry(OffsetDateTime),
    /// The delivery is done: sent if the attempt succeeded, failed otherwise.
    Done {
        /// Whether trying again could not have mended it.
        permanent: bool,
        /// What the audit trail is told.
        event: Box<NewEvent>,
    },
}

impl Store {
    /// The state behind this URL; nothing is opened yet.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self { database: Database::new(url, MIGRATIONS) }
    }

    /// Brings the database to the current schema, and makes attempts that an
    /// earlier process left unfinished due again.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn prepare(&self, now: OffsetDateTime) -> Result<(), StoreError> {
        self.database.migrate(MIGRATION_TIMEOUT).await?;
        match &self.database {
            Database::Sqlite(db) => sqlite::deliveries::recover(db, now).await,
        }
    }

    /// Keeps a new notification, unless its name is taken. `receiver` is what
    /// routing chose for one that names no channels.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn create(
        &self,
        spec: Spec,
        receiver: Option<Receiver>,
        now: OffsetDateTime,
    ) -> Result<CreateOutcome, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::create(db, spec, receiver, now).await,
        }
    }

    /// The notification of this name.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn get(&self, name: &str) -> Result<Option<Notification>, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::get(db, name).await,
        }
    }

    /// A page of notifications, newest first, and how many there are in all.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn list(&self, filter: &Filter) -> Result<(Vec<Notification>, u64), StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::list(db, filter).await,
        }
    }

    /// Forgets a notification with all its deliveries; says whether there was one.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::delete(db, name).await,
        }
    }

    /// Takes up at most `limit` deliveries that are due. They are nobody
    /// else's until [`finish`](Self::finish) or the next start.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn claim(&self, limit: usize, now: OffsetDateTime) -> Result<Claim, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::deliveries::claim(db, limit, now).await,
        }
    }

    /// Keeps the outcome of an attempt together with what follows from it. For
    /// a notification that was deleted meanwhile only the audit event is kept.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn finish(&self, job: &Job, finish: &FinishedAttempt) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::deliveries::finish(db, job, finish).await,
        }
    }

    /// All audit events that were not confirmed, oldest first.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn unconfirmed(&self) -> Result<Vec<NewEvent>, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::outbox::all(db).await,
        }
    }

    /// Forgets audit events that DataStorage has confirmed.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn confirm(&self, events: &[Uuid]) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::outbox::remove(db, events).await,
        }
    }
}

impl FinishedAttempt {
    /// Whether the receiver has it.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.attempt.outcome == Some(AttemptOutcome::Success)
    }
}
