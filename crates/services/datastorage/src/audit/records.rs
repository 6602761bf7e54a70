//! What the trail asks of a database.

use datastorage_client::{Event, NewEvent, Receipt};
use kit::database::{Database, StoreError};
use uuid::Uuid;

use super::admission::Rejection;
use super::search::Search;
use super::sqlite;
use crate::store::Store;

/// Why events were not stored.
#[derive(Debug)]
pub enum RecordError {
    /// They cannot be stored beside what is there.
    Rejected(Rejection),
    /// The database did not take them.
    Store(StoreError),
}

/// What became of the events of one request.
#[derive(Debug)]
pub struct Recorded {
    /// One receipt per event, in the order of the request.
    pub receipts: Vec<Receipt>,
    /// How many of them were stored now; the others were there already.
    pub stored: u64,
}

/// Some of the events that a search selects, and how many it selects.
#[derive(Debug)]
pub struct Found {
    /// The events of the page, newest first.
    pub events: Vec<Event>,
    /// How many the filters select; of the same moment as the page.
    pub total: u64,
}

impl Store {
    /// Stores events, all or none, in one transaction. An event that is stored
    /// already is not stored again and gets its old receipt.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub async fn record(&self, events: &[NewEvent]) -> Result<Recorded, RecordError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::record(store, events).await,
        }
    }

    /// One page of what the filters select.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn search(&self, search: &Search) -> Result<Found, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::search(store, search).await,
        }
    }

    /// One event.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn event(&self, event_id: Uuid) -> Result<Option<Event>, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::event(store, event_id).await,
        }
    }
}

impl<E: Into<StoreError>> From<E> for RecordError {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}
