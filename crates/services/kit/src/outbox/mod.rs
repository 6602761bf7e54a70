//! The outbox: audit events, stored with the change that they tell of.
//!
//! A change and its events are written in one transaction, so neither is lost
//! without the other. A background task sends the events to DataStorage, oldest
//! first, and deletes what DataStorage took. After a crash an event may be sent
//! again, with the same id, which DataStorage stores once. What DataStorage
//! refuses for good goes to a table of its own and stops nobody else.

mod rows;
mod send;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use contract::datastorage::NewEvent;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::database::{Connection, Database, Migrations, StoreError};
use crate::peer::Peer;
use crate::scripts;
use crate::service::Service;

/// The tables of the outbox.
pub const MIGRATIONS: Migrations = Migrations {
    table: "_outbox_migrations",
    sqlite: scripts!("../../migrations/outbox/sqlite", "0001_outbox"),
    postgres: scripts!("../../migrations/outbox/postgres", "0001_outbox"),
};

/// The outbox in a service's database. Cheap to clone; clones are the same
/// outbox.
#[derive(Clone, Debug)]
pub struct Outbox {
    database: Database,
    batch_wait: Duration,
    refused: Counter,
    added: Arc<Notify>,
}

impl Outbox {
    /// The outbox in this database, whose migrations include [`MIGRATIONS`]. The
    /// first event of a batch waits so long for others.
    #[must_use]
    pub fn new(database: Database, batch_wait: Duration) -> Self {
        Self { database, batch_wait, refused: Counter::default(), added: Arc::default() }
    }

    /// Adds events within the transaction of the change that they tell of. Call
    /// [`wake`](Self::wake) after its commit.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add(
        &self,
        connection: &mut Connection,
        events: &[NewEvent],
    ) -> Result<(), StoreError> {
        rows::insert(connection, events).await
    }

    /// Adds events of what has changed nothing else in the database.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn tell(&self, events: &[NewEvent]) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_exclusive().await?;
        self.add(&mut transaction, events).await?;
        transaction.commit().await?;
        self.wake();
        Ok(())
    }

    /// Tells the background task that events were added. Without it they are
    /// sent half a minute later.
    pub fn wake(&self) {
        self.added.notify_one();
    }

    /// How many events wait.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn waiting(&self) -> Result<u64, StoreError> {
        rows::count(&mut *self.database.snapshot().await?).await
    }

    /// The oldest events that wait, at most `limit`.
    #[cfg(test)]
    pub(crate) async fn oldest(&self, limit: usize) -> Result<Vec<NewEvent>, StoreError> {
        rows::oldest(&mut *self.database.snapshot().await?, limit).await
    }

    /// The background task: sends events to DataStorage until it is asked to
    /// stop. Then it has 5 s for those that are left; the rest stays for the
    /// next start.
    ///
    /// # Errors
    /// None; it goes on after every failure.
    pub async fn run(
        self,
        service: Service,
        datastorage: Peer,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        service.metrics.register(
            "audit_events_refused",
            "Audit events that DataStorage refused for good",
            self.refused.clone(),
        );
        send::run(self, datastorage, stop).await;
        Ok(())
    }
}
