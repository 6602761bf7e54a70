//! Counting tests from the report that nextest leaves in the run folder.

use anyhow::Context as _;
use camino::Utf8Path;

use crate::report::Tests;

/// What a test says that needs what its run cannot do, on a line of its own.
const SKIPPED: &str = "skipped: ";

impl Tests {
    /// Reads the report; none if nextest wrote none.
    pub(crate) fn read(path: &Utf8Path) -> Option<Tests> {
        Tests::parse(&std::fs::read_to_string(path).ok()?)
    }

    /// Adds up the `<testsuite>` elements, which nextest writes on lines of
    /// their own; those of setup scripts are named `@setup-script:…`.
    fn parse(xml: &str) -> Option<Tests> {
        let mut tests = Tests::default();
        let mut suites = xml.split("<testsuite ").peekable();
        suites.next()?;
        suites.peek()?;
        for suite in suites.filter(|suite| !suite.contains("\"@setup-script:")) {
            let mut cases = suite.split("<testcase ");
            let head = cases.next()?;
            let failed = count(head, "failures")? + count(head, "errors")?;
            let mut passed = count(head, "tests")?.checked_sub(failed)?;
            for lacking in cases.filter_map(skipped) {
                *tests.skipped.entry(lacking.to_owned()).or_default() += 1;
                passed = passed.checked_sub(1)?;
            }
            tests.failed += failed;
            tests.passed += passed;
        }
        Some(tests)
    }
}

/// The names of tests that failed or were skipped; none if there is no report.
pub(crate) fn not_passed(path: &Utf8Path) -> anyhow::Result<Vec<String>> {
    let xml = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let cases = xml.split("<testcase ").skip(1);
    let not_passed = cases.filter(|case| has_failed(case) || skipped(case).is_some());
    // The names of tests are paths of Rust, which XML leaves as they are.
    Ok(not_passed.filter_map(|case| attribute(case, "name").map(str::to_owned)).collect())
}

fn has_failed(case: &str) -> bool {
    case.contains("<failure") || case.contains("<error")
}

/// What a test lacked, if it says so and did not fail all the same.
fn skipped(case: &str) -> Option<&str> {
    if has_failed(case) {
        return None;
    }
    let word = case.lines().find_map(|line| {
        let (before, after) = line.split_once(SKIPPED)?;
        // The first line of an output follows its tag.
        (before.is_empty() || before.ends_with('>')).then_some(after)
    })?;
    Some(word.split('<').next().unwrap_or(word).trim())
}

fn count(element: &str, name: &str) -> Option<usize> {
    attribute(element, name)?.parse().ok()
}

/// The value of an attribute; the element comes without its own name.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let wanted = format!("{name}=\"");
    let start = match element.starts_with(&wanted) {
        true => 0,
        false => element.find(&format!(" {wanted}"))? + 1,
    };
    element[start + wanted.len()..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setup_scripts_are_no_tests() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="1" errors="0" uuid="x" time="0.026">
    <testsuite name="@setup-script:n" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="n" classname="@setup-script:n"/>
    </testsuite>
    <testsuite name="e2e::n" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="b" classname="e2e::n"/>
    </testsuite>
</testsuites>"#;
        assert_eq!(Tests::parse(xml), Some(Tests { passed: 2, failed: 1, ..Tests::default() }));
        assert_eq!(Tests::parse("nonsense"), None);
    }

    #[test]
    fn skipped_tests_say_what_they_lacked() {
        let xml = r#"<testsuites name="nextest-run" tests="4" failures="1" errors="0">
    <testsuite name="e2e::n" tests="4" disabled="0" errors="0" failures="1">
        <testcase name="a" classname="e2e::n"><system-out>
running 1 test
test a ... ok
</system-out><system-err>skipped: pause
</system-err></testcase>
        <testcase name="b" classname="e2e::n"><system-err>it was skipped: no
a line before
skipped: database-outage</system-err></testcase>
        <testcase name="c" classname="e2e::n"><failure type="x"/><system-err>skipped: pause
</system-err></testcase>
        <testcase name="d" classname="e2e::n"/>
    </testsuite>
</testsuites>"#;
        let skipped = [("pause".to_owned(), 1), ("database-outage".to_owned(), 1)].into();
        assert_eq!(Tests::parse(xml), Some(Tests { passed: 1, failed: 1, skipped }));
    }

    #[test]
    fn tests_that_did_not_pass_are_named() {
        let xml = r#"<testsuites name="nextest-run" tests="3" failures="1" errors="0">
    <testsuite name="e2e::n" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="a::green" classname="e2e::n" timestamp="x"/>
        <testcase name="a::red" classname="e2e::n"><failure type="x"/></testcase>
        <testcase name="b" classname="e2e::n"><system-err>skipped: pause
</system-err></testcase>
    </testsuite>
</testsuites>"#;
        let temp = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temp.path()).unwrap().join("junit.xml");
        std::fs::write(&path, xml).unwrap();
        assert_eq!(not_passed(&path).unwrap(), ["a::red", "b"]);
    }
}
