//! The page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
