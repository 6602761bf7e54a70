//! What a list of nextest's says of the tests of a suite.

use nextest_metadata::{FilterMatch, MismatchReason, RustTestSuiteStatusSummary, TestListSummary};

use super::PROFILE;
use crate::workspace::Suite;

/// The tests of a suite that a list has.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// How many are selected.
    pub(super) tests: usize,
    /// The first binary of which none is, with why, where one reason holds for all of its
    /// tests.
    pub(super) empty: Option<(String, Option<MismatchReason>)>,
}

impl Listed {
    pub(super) fn of(list: &TestListSummary, suite: &Suite) -> Listed {
        let (mut tests, mut empty) = (0, None);
        for id in &suite.test_ids {
            let binary = list.rust_suites.iter().find(|(listed, _)| listed.as_str() == id);
            let cases = binary.iter().flat_map(|(_, binary)| binary.test_cases.values());
            let mut reasons: Vec<_> = cases.map(|test| reason(test.filter_match)).collect();
            let skipped = binary.is_some_and(|(_, binary)| {
                binary.status == RustTestSuiteStatusSummary::SKIPPED_DEFAULT_FILTER
            });
            // Nextest does not even ask it for its tests.
            reasons.extend(skipped.then_some(Some(MismatchReason::DefaultFilter)));
            let selected = reasons.iter().filter(|reason| reason.is_none()).count();
            tests += selected;
            if selected == 0 && empty.is_none() {
                let first = reasons.first().copied().flatten();
                let is_common = reasons.iter().all(|reason| *reason == first);
                empty = Some((id.clone(), first.filter(|_| is_common)));
            }
        }
        Listed { tests, empty }
    }

    /// Why a binary has no selected test, and how to mend that; none where there is nothing
    /// more to say than that.
    pub(super) fn hint(&self, suite: &Suite) -> Option<String> {
        let (id, reason) = self.empty.as_ref()?;
        match reason.as_ref()? {
            MismatchReason::DefaultFilter => Some(format!(
                "the `default-filter` of profile `{PROFILE}` in .config/nextest.toml leaves them \
                 out; let `binary_id({id})` through"
            )),
            MismatchReason::Ignored => Some(format!(
                "they are ignored; `cargo xtask e2e {} -- --run-ignored all` runs them",
                suite.name
            )),
            _ => None,
        }
    }
}

/// Why a test is not selected.
fn reason(of: FilterMatch) -> Option<MismatchReason> {
    match of {
        FilterMatch::Matches => None,
        FilterMatch::Mismatch { reason } => Some(reason),
    }
}
