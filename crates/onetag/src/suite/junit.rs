//! Counting tests from the report that nextest leaves in the run folder.

use camino::Utf8Path;
use serde::Serialize;

/// How many tests there were, without setup scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Tests {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tests {
    /// Reads the report; none if nextest wrote none.
    pub(crate) fn read(path: &Utf8Path) -> Option<Tests> {
        Tests::parse(&std::fs::read_to_string(path).ok()?)
    }

    /// Adds up the `<testsuite>` elements, which nextest writes on lines of
    /// their own; those of setup scripts are named `@setup-script:…`.
    fn parse(xml: &str) -> Option<Tests> {
        let mut tests = Tests { passed: 0, failed: 0 };
        let mut seen = false;
        for element in xml.split('<').filter(|text| text.starts_with("testsuite")) {
            seen = true;
            if element.starts_with("testsuites") || element.contains("\"@setup-script:") {
                continue;
            }
            let failed = count(element, "failures")? + count(element, "errors")?;
            tests.failed += failed;
            tests.passed += count(element, "tests")?.checked_sub(failed)?;
        }
        seen.then_some(tests)
    }
}

fn count(element: &str, attribute: &str) -> Option<usize> {
    let start = element.find(&format!(" {attribute}=\""))? + attribute.len() + 3;
    element[start..].split('"').next()?.parse().ok()
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
        assert_eq!(Tests::parse(xml), Some(Tests { passed: 2, failed: 1 }));
        assert_eq!(Tests::parse("nonsense"), None);
    }
}
