//! The database: notifications, their deliveries, and audit events on their way.
//!
//! The operations are documented here; `sql` has their statements.

mod sql;
#[cfg(test)]
mod tests;

use std::time::Duration;

use contract::datastorage::NewEvent;
use kit::database::{Database, StoreError};
use kit::outbox::Outbox;
use kit::state::State;
use kit::work::{Claim, Expiry};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::model::{Attempt, AttemptOutcome, Channel, Notification, Phase, Receiver, Spec};

pub use sql::MIGRATIONS;

/// The stored state of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// The database.
    pub database: Database,
    /// The audit events, stored with the outcomes that they tell of.
    pub outbox: Outbox,
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
    /// The claim's id.
    pub owner: Uuid,
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
    /// The notifications in the database of a service.
    #[must_use]
    pub fn new(state: &State) -> Self {
        Self { database: state.database.clone(), outbox: state.outbox.clone() }
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
        sql::notifications::create(&self.database, spec, receiver, now).await
    }

    /// The notification of this name.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn get(&self, name: &str) -> Result<Option<Notification>, StoreError> {
        sql::notifications::get(&self.database, name).await
    }

    /// A page of notifications, newest first, and the total.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn list(&self, filter: &Filter) -> Result<(Vec<Notification>, u64), StoreError> {
        sql::notifications::list(&self.database, filter).await
    }

    /// Deletes a notification with all its deliveries. Returns whether it
    /// existed.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        sql::notifications::delete(&self.database, name).await
    }

    /// Claims at most `limit` due deliveries. No process claims them again until
    /// [`finish`](Self::finish), or until `lease` has passed by the database's
    /// clock without [`renew`](Self::renew), and claims [expire](Expiry).
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        expiry: Expiry<'_>,
    ) -> Result<Claim<Job>, StoreError> {
        sql::deliveries::claim(&self.database, limit, lease, expiry).await
    }

    /// Claims a delivery for another `lease`, if it is not lost yet.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn renew(&self, job: &Job, lease: Duration) -> Result<(), StoreError> {
        sql::deliveries::renew(&self.database, job, lease).await
    }

    /// Stores the outcome of an attempt and its next step. If the notification
    /// was deleted meanwhile, only the audit event is stored. If the claim was
    /// lost, only the outcome is: another attempt decides.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn finish(&self, job: &Job, finish: &FinishedAttempt) -> Result<(), StoreError> {
        sql::deliveries::finish(&self.database, &self.outbox, job, finish).await?;
        self.outbox.wake();
        Ok(())
    }
}

impl FinishedAttempt {
    /// Whether the attempt succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.attempt.outcome == Some(AttemptOutcome::Success)
    }
}
