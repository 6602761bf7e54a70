//! What DataStorage answers.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Event;

/// The answer to one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The event's id, the client's own if it sent one.
    pub event_id: Uuid,
    /// When the event was stored; absent if it was accepted (202) but is not
    /// in the database yet.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub recorded_at: Option<OffsetDateTime>,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchReceipt {
    /// The ids of the events, in the order in which they were sent.
    pub event_ids: Vec<Uuid>,
}

/// One page of the trail, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events of this page.
    pub data: Vec<Event>,
    /// Where this page stands in the whole.
    pub pagination: Pagination,
}

/// Where a page stands in all that the filters select.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pagination {
    /// How many entries a page may hold.
    pub limit: u32,
    /// How many entries were skipped.
    pub offset: u64,
    /// How many entries the filters select.
    pub total: u64,
    /// Whether there are entries after this page.
    pub has_more: bool,
}
