//! What nextest says that it would run: `cargo nextest list --message-format json`.

use std::collections::BTreeMap;

use onetag_json::{record, tagged};

/// The list: as much of `nextest_metadata::TestListSummary` as counting needs.
pub(crate) struct TestList {
    /// By the id of the binary.
    suites: BTreeMap<String, Binary>,
}
record!(read TestList { suites as "rust-suites" });

struct Binary {
    tests: BTreeMap<String, Test>,
}
record!(read Binary { tests as "testcases" });

struct Test {
    matched: Match,
}
record!(read Test { matched as "filter-match" });

/// Whether the filterset selects a test.
enum Match {
    Matches,
    /// Not, for a reason of which nextest may have more one day.
    Mismatch {
        reason: String,
    },
}
tagged!(read Match by "status" { Matches as "matches" {}, Mismatch as "mismatch" { reason } });

/// The reason of tests with `#[ignore]`.
const IGNORED: &str = "ignored";

impl TestList {
    /// How many tests are selected. Whether ignored tests run is decided by
    /// another option of the caller's, so they count.
    pub(crate) fn selected(&self) -> usize {
        let tests = self.suites.values().flat_map(|binary| binary.tests.values());
        let selected = |test: &&Test| match &test.matched {
            Match::Matches => true,
            Match::Mismatch { reason } => reason == IGNORED,
        };
        tests.filter(selected).count()
    }
}

#[cfg(test)]
mod tests {
    use nextest_metadata::{FilterMatch, MismatchReason};

    use super::*;

    /// A list with one test, as nextest's own types write it.
    fn list(filter_match: &FilterMatch) -> TestList {
        let text = serde_json::json!({ "rust-suites": { "e2e::alpha": {
            "package-name": "e2e",
            "testcases": { "it_works": {
                "kind": "test", "ignored": false, "filter-match": filter_match,
            } },
        } } });
        onetag_json::from_str(&text.to_string()).unwrap()
    }

    #[test]
    fn tests_count_that_match_or_are_ignored() {
        assert_eq!(list(&FilterMatch::Matches).selected(), 1);
        let mismatch = |reason| list(&FilterMatch::Mismatch { reason }).selected();
        assert_eq!(mismatch(MismatchReason::Ignored), 1);
        for other in MismatchReason::ALL_VARIANTS {
            assert_eq!(mismatch(*other), usize::from(*other == MismatchReason::Ignored));
        }
    }
}
