//! What nextest says of the tests that it ran: its JUnit report.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use roxmltree::{Document, Node};

use crate::report::Tests;

/// What tests lacked that told the keeper that they skip: capabilities by test,
/// as [`onetag_control::protocol::Request::Skip`] names it.
pub(crate) type Skips = BTreeMap<String, String>;

/// What the test suites of setup scripts begin with, before the script's name.
const SCRIPT: &str = "@setup-script:";

/// What a stress run appends to the names of test suites, before the number of
/// the iteration.
const STRESS: &str = "@stress-";

/// A report of nextest: its test cases, those of setup scripts among them.
pub(crate) struct JunitReport(Vec<TestCase>);

struct TestCase {
    suite: String,
    /// As nextest names the test to people: the id of its binary, and its name.
    test: String,
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Passed,
    /// It passed when tried again.
    Flaky,
    Failed,
    /// It was not run.
    Skipped,
}

impl JunitReport {
    /// Reads the report.
    pub(crate) fn read(path: &Utf8Path) -> anyhow::Result<JunitReport> {
        let xml = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        JunitReport::parse(&xml).with_context(|| format!("{path} is no JUnit report"))
    }

    fn parse(xml: &str) -> anyhow::Result<JunitReport> {
        let document = Document::parse(xml)?;
        let root = document.root_element();
        ensure!(root.has_tag_name("testsuites"), "it begins with <{}>", root.tag_name().name());
        let mut cases = Vec::new();
        for suite in elements(root, "testsuite") {
            for case in elements(suite, "testcase") {
                cases.push(TestCase::parse(suite, case)?);
            }
        }
        Ok(JunitReport(cases))
    }

    /// Counts the tests; the totals that the report has itself count setup scripts.
    pub(crate) fn tests(&self, skips: &Skips) -> Tests {
        let mut tests = Tests::default();
        for case in self.0.iter().filter(|case| !case.suite.starts_with(SCRIPT)) {
            match case.status {
                Status::Passed | Status::Flaky => match skips.get(&case.test) {
                    Some(capability) => {
                        *tests.skipped.entry(capability.clone()).or_default() += 1;
                    }
                    None => {
                        tests.passed += 1;
                        if case.status == Status::Flaky {
                            tests.flaky.insert(case.test.clone());
                        }
                    }
                },
                Status::Failed => {
                    tests.failed += 1;
                    tests.failures.insert(case.test.clone());
                }
                Status::Skipped => {}
            }
        }
        tests
    }

    /// Whether the setup script of this name ran, and passed each time.
    pub(crate) fn script_passed(&self, script: &str) -> bool {
        let is_run = |suite: &str| {
            let ran = suite.strip_prefix(SCRIPT).and_then(|name| name.strip_prefix(script));
            ran.is_some_and(|rest| rest.is_empty() || rest.starts_with(STRESS))
        };
        let mut runs = self.0.iter().filter(|case| is_run(&case.suite)).peekable();
        runs.peek().is_some()
            && runs.all(|case| matches!(case.status, Status::Passed | Status::Flaky))
    }
}

impl TestCase {
    fn parse(suite: Node<'_, '_>, case: Node<'_, '_>) -> anyhow::Result<TestCase> {
        let name = case.attribute("name").context("a test case has no name")?;
        let test = match case.attribute("classname") {
            Some(binary) => format!("{binary} {name}"),
            None => name.to_owned(),
        };
        let suite = suite.attribute("name").context("a test suite has no name")?.to_owned();
        Ok(TestCase { suite, test, status: Status::of(case) })
    }
}

impl Status {
    /// A test that failed each time has `rerunFailure` or `rerunError` as well.
    fn of(case: Node<'_, '_>) -> Status {
        let has = |name| case.children().any(|child| child.has_tag_name(name));
        if has("failure") || has("error") {
            Status::Failed
        } else if has("flakyFailure") || has("flakyError") {
            Status::Flaky
        } else if has("skipped") {
            Status::Skipped
        } else {
            Status::Passed
        }
    }
}

/// The elements of this name right below one.
fn elements<'a, 'x: 'a>(
    parent: Node<'a, 'x>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'x>> {
    parent.children().filter(move |child| child.has_tag_name(name))
}

#[cfg(test)]
#[path = "junit_tests.rs"]
mod tests;
