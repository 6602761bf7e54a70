//! The position of a page in a list.

use contract::page::Pagination;
use kit::Page;

/// The description of a page that shows `shown` of `total` entries.
pub(crate) fn pagination(page: Page, shown: usize, total: u64) -> Pagination {
    let Page { limit, offset } = page;
    Pagination { limit, offset, total, has_more: page.has_more(shown, total) }
}
