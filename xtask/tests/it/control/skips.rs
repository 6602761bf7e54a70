//! Tests that skip because their run lacks something.

use super::ASKS;
use crate::exit;
use crate::project::Project;

/// Tells the keeper that a test skips, as `Control::unless_skipped` does.
const SKIPS: &str = r##"
fn skip(capability: &str) {
    let command = std::env::var("ONETAG_TEST_COMMAND").map(|id| format!("\"{id}\""));
    let command = command.unwrap_or_else(|_| "null".to_owned());
    let test = format!("{} {}", variable("NEXTEST_BINARY_ID"), variable("NEXTEST_TEST_NAME"));
    let answer = ask(&format!(
        r#"{{"control":"skip","command":{command},"test":"{test}","capability":"{capability}"}}"#
    ));
    assert_eq!(answer, "{\"answer\":\"done\"}\n");
}
"##;

/// A project with a test that skips.
fn with_a_test_that_skips() -> Project {
    let project = Project::new();
    project.replace(
        "tests/suites/alpha.rs",
        "use tiny::get;\n",
        &format!("use tiny::get;\n{ASKS}{SKIPS}"),
    );
    project.add_test("needs_more", "skip(\"time-travel\");");
    project
}

#[test]
fn tests_that_skip_are_counted_and_shown() {
    let project = with_a_test_that_skips();
    let output = project.xtask(["e2e", "alpha", "--format", "json"]).run();
    output.exits(exit::SUCCESS);
    output.says("passed in ").says("3 tests, skipped for lack of capabilities: 1 time-travel");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        document["runs"][0]["tests"],
        serde_json::json!({ "passed": 3, "failed": 0, "skipped": { "time-travel": 1 } })
    );
}

#[test]
fn a_suite_of_which_every_test_skips_is_no_success() {
    let project = with_a_test_that_skips();
    let output = project.xtask(["e2e", "alpha", "--", "needs_more"]).run();
    output.exits(exit::NO_TESTS).says("skipped for lack of capabilities: 1 time-travel");
}

#[test]
fn a_command_counts_the_skips_of_its_own_tests() {
    let project = with_a_test_that_skips();
    let run = project.up();
    // Of no command, and of another one.
    project.nextest().run().exits(exit::SUCCESS);
    project.nextest().env("ONETAG_TEST_COMMAND", "another").run().exits(exit::SUCCESS);
    let others = ["test", "alpha", "--", "-E", "not test(needs_more)"];
    project.xtask(others).run().exits(exit::SUCCESS);
    assert_eq!(run.json("report.json")["tests"]["skipped"], serde_json::json!({}));
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    let skipped = serde_json::json!({ "time-travel": 1 });
    assert_eq!(run.json("report.json")["tests"]["skipped"], skipped);
}
