//! What nextest says that it would run: `cargo nextest list --message-format json`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The list: as much of `nextest_metadata::TestListSummary` as counting needs.
#[derive(Deserialize)]
pub(crate) struct TestList {
    /// By the id of the binary.
    #[serde(rename = "rust-suites")]
    suites: BTreeMap<String, Binary>,
}

#[derive(Deserialize)]
struct Binary {
    #[serde(rename = "testcases")]
    tests: BTreeMap<String, Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(rename = "filter-match")]
    matched: Match,
}

/// Whether the filterset selects a test.
#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
enum Match {
    Matches,
    /// Not, for a reason of which nextest may have more one day.
    Mismatch {
        reason: String,
    },
}

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
    use std::process::Command;

    use nextest_metadata::{FilterMatch, MismatchReason, TestListSummary};

    use super::*;

    /// A list with one test, as nextest's own types write it.
    fn list(filter_match: &FilterMatch) -> TestList {
        let text = serde_json::json!({ "rust-suites": { "e2e::alpha": {
            "package-name": "e2e",
            "testcases": { "it_works": {
                "kind": "test", "ignored": false, "filter-match": filter_match,
            } },
        } } });
        serde_json::from_str(&text.to_string()).unwrap()
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

    /// The words are nextest's own, and so is the whole document. It says of an
    /// ignored test that it is ignored, also where the filterset leaves it out, as
    /// long as its binary can hold a selected one.
    #[test]
    fn what_nextest_lists_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("Cargo.toml", "[package]\nname = 'p'\nedition = '2024'\n[lib]\npath = 'lib.rs'\n"),
            (
                "lib.rs",
                "#[test] fn one() {}\n#[test] fn two() {}\n#[test] #[ignore] fn three() {}\n",
            ),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        for (filterset, expected) in [("all()", 3), ("test(=one)", 2), ("none()", 0)] {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            crate::system::tool::scrub(&mut command);
            command
                .current_dir(folder.path())
                .args(["nextest", "list", "--message-format=json", "--user-config-file=none"])
                .args(["--offline", "-E", filterset])
                .env("CARGO_TARGET_DIR", folder.path().join("target"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let theirs: TestListSummary = serde_json::from_slice(&output.stdout).unwrap();
            let ignored = FilterMatch::Mismatch { reason: MismatchReason::Ignored };
            let cases = theirs.rust_suites.values().flat_map(|suite| suite.test_cases.values());
            let matched = cases
                .filter(|case| case.filter_match.is_match() || case.filter_match == ignored)
                .count();
            let ours: TestList = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((ours.selected(), matched), (expected, expected), "{filterset}");
        }
    }
}
