//! A page of the trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::datastorage::Event;
use crate::page::Pagination;

/// One page of the trail, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The events of this page.
    pub data: Vec<Event>,
    /// The position of this page in the list.
    pub pagination: Pagination,
}
