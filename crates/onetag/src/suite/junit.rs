//! What nextest says of the tests that it ran: its JUnit report.

use std::collections::BTreeMap;

use anyhow::Context as _;
use camino::Utf8Path;
use quick_junit::{Report, TestCase, TestCaseStatus};

use crate::report::Tests;

/// What tests lacked that told the keeper that they skip: capabilities by test,
/// as [`onetag_control::protocol::Request::Skip`] names it.
pub(crate) type Skips = BTreeMap<String, String>;

/// What the test suites of setup scripts begin with, before the script's name.
const SCRIPT: &str = "@setup-script:";

/// What a stress run appends to the names of test suites, before the number of
/// the iteration.
const STRESS: &str = "@stress-";

/// A report of nextest.
pub(crate) struct JunitReport(Report);

impl JunitReport {
    /// Reads the report.
    pub(crate) fn read(path: &Utf8Path) -> anyhow::Result<JunitReport> {
        let xml = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        JunitReport::parse(&xml).with_context(|| format!("{path} is no JUnit report"))
    }

    fn parse(xml: &str) -> anyhow::Result<JunitReport> {
        Ok(JunitReport(Report::deserialize_from_str(xml)?))
    }

    /// Counts the tests; the totals that the report has itself count setup scripts.
    pub(crate) fn tests(&self, skips: &Skips) -> Tests {
        let mut tests = Tests::default();
        for case in self.cases() {
            match &case.status {
                TestCaseStatus::Success { flaky_runs } => match skips.get(&test_id(case)) {
                    Some(capability) => {
                        *tests.skipped.entry(capability.clone()).or_default() += 1;
                    }
                    None => {
                        tests.passed += 1;
                        if !flaky_runs.is_empty() {
                            tests.flaky.insert(test_id(case));
                        }
                    }
                },
                TestCaseStatus::NonSuccess { .. } => {
                    tests.failed += 1;
                    tests.failures.insert(test_id(case));
                }
                // It was not run.
                TestCaseStatus::Skipped { .. } => {}
            }
        }
        tests
    }

    /// Whether the setup script of this name ran, and passed each time.
    pub(crate) fn script_passed(&self, script: &str) -> bool {
        let runs = self.0.test_suites.iter().filter(|suite| {
            let ran = suite.name.strip_prefix(SCRIPT).and_then(|name| name.strip_prefix(script));
            ran.is_some_and(|rest| rest.is_empty() || rest.starts_with(STRESS))
        });
        let mut cases = runs.flat_map(|suite| &suite.test_cases).peekable();
        cases.peek().is_some()
            && cases.all(|case| matches!(case.status, TestCaseStatus::Success { .. }))
    }

    /// The tests, without setup scripts.
    fn cases(&self) -> impl Iterator<Item = &TestCase> {
        let suites = self.0.test_suites.iter().filter(|suite| !suite.name.starts_with(SCRIPT));
        suites.flat_map(|suite| &suite.test_cases)
    }
}

/// A test as nextest names it to people: the id of its binary, and its name.
fn test_id(case: &TestCase) -> String {
    match &case.classname {
        Some(binary) => format!("{} {}", binary.as_str(), case.name.as_str()),
        None => case.name.as_str().to_owned(),
    }
}

#[cfg(test)]
#[path = "junit_tests.rs"]
mod tests;
