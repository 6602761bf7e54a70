//! The database: notifications, their deliveries and unconfirmed audit events.
//!
//! The operations are documented here; one module for each kind of database
//! implements them.

mod rows;
mod sqlite;
#[cfg(test)]
mod tests;

use std::time::Duration;

use contract::datastorage::NewEvent;
use kit::database::{Database, DatabaseUrl, Migrations, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{Attempt, AttemptOutcome, Channel, Notification, Phase, Receiver, Spec};

static MIGRATIONS: Migrations = Migrations { sqlite: &sqlite::MIGRATOR };

/// How long to wait for another process that migrates the same database.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The stored state of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database.
    pub database: Database,
}

/// The outcome of creating a notification.
#[derive(Debug)]
pub enum CreateOutcome {
    /// It was created.
    New(Notification),
    /// It already exists with the same content.
    Same(Notification),
    /// Its name belongs to a notification with other content.
    Other,
}

/// Which notifications to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this phase.
    pub phase: Option<Phase>,
    /// Only those with this correlation id.
    pub correlation_id: Option<String>,
    /// The largest number of notifications.
    pub limit: u32,
    /// How many notifications to skip.
    pub offset: u32,
}

/// A claimed delivery, to be attempted now.
#[derive(Debug)]
pub struct Job {
    /// The notification's id.
    pub id: Uuid,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// The request.
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

/// Claimed deliveries, and when the next one is due.
#[derive(Debug)]
pub struct Claim {
    /// The deliveries to attempt, the most urgent first.
    pub jobs: Vec<Job>,
    /// When the next delivery is due.
    pub next_due: Option<OffsetDateTime>,
}

/// A finished attempt and its next step.
#[derive(Debug)]
pub struct FinishedAttempt {
    /// The attempt with its outcome.
    pub attempt: Attempt,
    /// The next step.
    pub next: NextStep,
}

/// The next step after an attempt.
#[derive(Debug)]
pub enum NextStep {
    /// The delivery is tried again at this time.
    Retry(OffsetDateTime),
    /// The delivery is finished: sent if the attempt succeeded, failed
    /// otherwise.
    Done {
        /// Whether it failed permanently.
        permanent: bool,
        /// The audit event.
        event: Box<NewEvent>,
    },
}

impl Store {
    /// The state in the database at this URL. Nothing is opened yet.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self { database: Database::new(url, MIGRATIONS) }
    }

    /// Migrates the database to the current schema, and makes unfinished
    /// attempts of an earlier process due again.
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

    /// Stores a new notification, unless its name is in use. `receiver` is the
    /// choice of routing for a notification without channels.
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

    /// A page of notifications, newest first, and the total.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn list(&self, filter: &Filter) -> Result<(Vec<Notification>, u64), StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::list(db, filter).await,
        }
    }

    /// Deletes a notification with all its deliveries. Returns whether it
    /// existed.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::notifications::delete(db, name).await,
        }
    }

    /// Claims at most `limit` due deliveries. They are not claimed again until
    /// [`finish`](Self::finish) or the next start.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn claim(&self, limit: usize, now: OffsetDateTime) -> Result<Claim, StoreError> {
        match &self.database {
            Database::Sqlite(db) => sqlite::deliveries::claim(db, limit, now).await,
        }
    }

    /// Stores the outcome of an attempt and its next step. If the notification
    /// was deleted meanwhile, only the audit event is stored.
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

    /// Deletes audit events that DataStorage has confirmed.
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
    /// Whether the attempt succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.attempt.outcome == Some(AttemptOutcome::Success)
    }
}
