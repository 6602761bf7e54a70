//! What the trail asks of a database.

use datastorage_client::{Event, NewEvent, StoredReceipt};
use kit::database::{Database, StoreError};
use time::OffsetDateTime;
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

/// Events that one client wants stored, all or none.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The events.
    pub events: &'a [NewEvent],
    /// When DataStorage took them over, if that was before now; in whole
    /// microseconds.
    pub recorded_at: Option<OffsetDateTime>,
}

/// What became of the events of one request.
#[derive(Debug)]
pub struct RecordOutcome {
    /// One receipt per event, in the order of the request.
    pub receipts: Vec<StoredReceipt>,
    /// How many of them were stored now; the others were there already.
    pub stored: u64,
}

/// Some of the events that a search selects, and how many it selects.
#[derive(Debug)]
pub struct EventList {
    /// The events of the page, newest first.
    pub events: Vec<Event>,
    /// How many the filters select; of the same moment as the page.
    pub total: u64,
}

impl Store {
    /// Stores events, all or none, in a transaction of their own. An event that
    /// is stored already is not stored again and gets its old receipt.
    ///
    /// Clients and other parts of the service go through the
    /// [trail](super::trail::TrailWriter): it keeps the order, and has the spool.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub async fn record(&self, events: &[NewEvent]) -> Result<RecordOutcome, RecordError> {
        let submission = Submission { events, recorded_at: None };
        match self.record_group(&[submission]).await?.pop() {
            Some(outcome) => outcome.map_err(RecordError::Rejected),
            None => Err(StoreError::Broken(anyhow::anyhow!("no outcome for a submission")).into()),
        }
    }

    /// Stores what several clients want stored, in one transaction and in this
    /// order, as if each came in a transaction of its own: one that is rejected
    /// leaves nothing, and the others do not notice. The outcomes have the
    /// order of the submissions.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is stored then.
    pub async fn record_group(
        &self,
        submissions: &[Submission<'_>],
    ) -> Result<Vec<Result<RecordOutcome, Rejection>>, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::record_group(store, submissions).await,
        }
    }

    /// One page of what the filters select.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn search(&self, search: &Search) -> Result<EventList, StoreError> {
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
