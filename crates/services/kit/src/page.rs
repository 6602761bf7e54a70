//! The requested page of a list.

use utoipa::IntoParams;

use crate::check::Object;

/// How many entries a page has if the query does not say.
pub const DEFAULT_LIMIT: i64 = 100;

/// How many entries a page may have.
pub const MAX_LIMIT: i64 = 1000;

/// The requested page of a list.
///
/// Read a query's own fields first and the page last, with [`Page::fields`].
/// Document it beside them: `params(Filter, kit::Page)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many entries the page may have, 100 if not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub limit: u32,
    /// How many entries to skip, 0 if not given.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    pub offset: u64,
}

impl Page {
    /// Reads `limit` and `offset`. Returns `None` if it recorded a violation.
    pub fn fields(object: &mut Object<'_>) -> Option<Self> {
        let limit = object.optional("limit", |node| node.integer(1..=MAX_LIMIT));
        let offset = object.optional("offset", |node| node.integer(0..=i64::MAX));
        Some(Self {
            limit: u32::try_from(limit?.unwrap_or(DEFAULT_LIMIT)).ok()?,
            offset: u64::try_from(offset?.unwrap_or(0)).ok()?,
        })
    }

    /// Whether there are entries after this page, which has `shown` of `total`.
    #[must_use]
    pub fn has_more(self, shown: usize, total: u64) -> bool {
        self.offset.saturating_add(shown as u64) < total
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::{FromInput, Node, from_text};

    impl FromInput for Page {
        fn read(node: Node<'_>) -> Option<Self> {
            node.object(Self::fields)
        }
    }

    #[test]
    fn the_first_hundred_unless_told_otherwise() {
        assert_eq!(from_text(&json!({})), Ok(Page { limit: 100, offset: 0 }));
        let query = json!({ "limit": "1000", "offset": "9223372036854775807" });
        assert_eq!(from_text(&query), Ok(Page { limit: 1000, offset: i64::MAX as u64 }));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        for (limit, offset) in [("0", "-1"), ("1001", "9223372036854775808"), ("ten", "")] {
            let violations = from_text::<Page>(&json!({ "limit": limit, "offset": offset }));
            let fields: Vec<_> = violations
                .expect_err("refused")
                .into_iter()
                .map(|violation| violation.field)
                .collect();
            assert_eq!(fields, ["limit", "offset"], "{limit} {offset}");
        }
    }

    #[test]
    fn there_is_more_until_the_last_entry_was_shown() {
        let page = Page { limit: 2, offset: 4 };
        assert!(page.has_more(2, 7));
        assert!(!page.has_more(2, 6));
        assert!(!Page { offset: i64::MAX as u64, ..page }.has_more(0, 6));
    }
}
