//! The operations of the trail on a database.

use contract::datastorage::{Event, NewEvent, StoredReceipt};
use kit::database::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

use super::admission::Rejection;
use super::search::Search;
use super::sql;
use crate::store::Store;

/// Why events were not stored.
#[derive(Debug)]
pub enum RecordError {
    /// They conflict with stored events or miss a parent.
    Rejected(Rejection),
    /// The database failed.
    Store(StoreError),
}

/// Events of one client, to be stored all or none.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The events.
    pub events: &'a [NewEvent],
    /// When DataStorage accepted them, in whole microseconds; `None` for now.
    pub recorded_at: Option<OffsetDateTime>,
}

/// The outcome of a submission.
#[derive(Debug)]
pub struct RecordOutcome {
    /// One receipt per event, in the order of the request.
    pub receipts: Vec<StoredReceipt>,
    /// How many events were stored now; the others were already stored.
    pub stored: u64,
}

/// One page of the events that a search selects, and their total.
#[derive(Debug)]
pub struct EventList {
    /// The events of the page, newest first.
    pub events: Vec<Event>,
    /// How many events the filters select, in the same snapshot as the page.
    pub total: u64,
}

impl Store {
    /// Stores events, all or none, in a transaction of their own. An event that
    /// is stored already is not stored again and gets its old receipt.
    ///
    /// Clients and other parts of the service go through the
    /// [trail](super::trail::TrailWriter): it keeps the order, and uses the
    /// spool when the database is unavailable.
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

    /// Stores several submissions in one transaction, in this order. A rejected
    /// submission does not affect the others. The outcomes have the order of
    /// the submissions.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is stored then.
    pub async fn record_group(
        &self,
        submissions: &[Submission<'_>],
    ) -> Result<Vec<Result<RecordOutcome, Rejection>>, StoreError> {
        sql::record_group(&self.database, submissions).await
    }

    /// One page of the events that the filters select.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn search(&self, search: &Search) -> Result<EventList, StoreError> {
        sql::search(&self.database, search).await
    }

    /// One event.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn event(&self, event_id: Uuid) -> Result<Option<Event>, StoreError> {
        sql::event(&self.database, event_id).await
    }
}

impl<E: Into<StoreError>> From<E> for RecordError {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}
