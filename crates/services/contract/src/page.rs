//! The pages of a list.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many entries a page has if the query does not say.
pub const DEFAULT_LIMIT: u32 = 100;

/// How many entries a page may have.
pub const MAX_LIMIT: u32 = 1000;

/// The requested page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many entries the page may have.
    pub limit: u32,
    /// How many entries to skip.
    pub offset: u64,
}

/// The query of a list without filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many entries the page may have, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// How many entries to skip, 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    pub offset: Option<u64>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries of this page.
    pub data: Vec<T>,
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

impl PageRequest {
    /// The page that a query asks for.
    #[must_use]
    pub fn new(limit: Option<u32>, offset: Option<u64>) -> Self {
        Self { limit: limit.unwrap_or(DEFAULT_LIMIT), offset: offset.unwrap_or(0) }
    }

    /// The answer with this page's entries, of `total`.
    pub fn answer<T>(self, data: Vec<T>, total: u64) -> Page<T> {
        let Self { limit, offset } = self;
        let has_more = offset.saturating_add(data.len() as u64) < total;
        Page { data, pagination: Pagination { limit, offset, total, has_more } }
    }
}

impl From<PageQuery> for PageRequest {
    fn from(PageQuery { limit, offset }: PageQuery) -> Self {
        Self::new(limit, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_more_until_the_last_entry_was_shown() {
        let more = |offset, total| {
            let page = PageRequest::new(Some(2), Some(offset)).answer(vec!['a', 'b'], total);
            page.pagination.has_more
        };
        assert!(more(4, 7));
        assert!(!more(4, 6));
        assert!(!more(u64::MAX, 6));
    }
}
