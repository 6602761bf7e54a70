//! A page of the trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// One page of the trail, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events of this page.
    pub data: Vec<Event>,
    /// The position of this page in the list.
    pub pagination: Pagination,
}

/// The position of a page in the list that the filters select.
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
