//! Talk: plain or live, much or little, and where nobody can hear it.

use std::fs::File;
use std::process::Stdio;

use crate::exit;
use crate::project::{Project, redact, screens};

#[test]
fn talk_that_is_not_for_a_terminal_is_plain_and_says_everything_once() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).does_not_say("\u{1b}");
    assert_eq!(output.stdout, "", "{output}");
    let run = project.finished_run();
    let witness = run.read("witness.json");
    let report = run.json("report.json");
    let services = report["services"].as_array().unwrap();
    for text in services.iter().flat_map(|service| {
        [&service["reference"], &service["digests"]["manifest"]].map(|text| text.as_str().unwrap())
    }) {
        assert_eq!(output.stderr.matches(text).count(), 1, "{text}: {output}\n{witness}");
    }
}

#[test]
fn quiet_talk_is_the_verdict_and_what_failed() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha", "-q"]).run();
    let said = redact(&output.exits(exit::SUCCESS).stderr);
    let (verdict, rest) = said.split_once('\n').unwrap();
    assert!(verdict.starts_with("alpha-[run id] passed in "), "{output}");
    insta::assert_snapshot!(rest, @"
    beta   sha256:[digest]
    alpha  sha256:[digest]
    report and logs: target/onetag/finished/[run id]
    ");
    project.add_test("red", "panic!(\"red on purpose\");");
    let output = project.xtask(["-q", "e2e", "alpha"]).run();
    output.exits(exit::TESTS_FAILED).says("red on purpose").says("1 of 4 tests failed");
    project.replace("alpha/src/main.rs", "fn main() {", "fn main() { nonsense();");
    let output = project.xtask(["-q", "e2e", "alpha"]).run();
    output.exits(exit::BUILD_FAILED).says("cannot find function `nonsense`");
}

#[test]
fn talk_on_a_terminal_is_live_and_leaves_whole_lines() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha"]).run_on_terminal();
    output.exits(exit::SUCCESS);
    // A phase, and below it what is under way in it.
    let live = |screen: String| {
        let mut lines = screen.lines().skip_while(|line| !line.contains(" deploy  0s"));
        lines.nth(1).is_some_and(|line| line.contains(" beta  0s  waiting for /ready"))
    };
    assert!(screens(&output).any(live), "{output}");
    let last = screens(&output).last().unwrap();
    assert!(!last.contains(is_frame), "{last}");
    // What cargo and nextest print stays, and nothing is printed into it.
    for phase in ["mint", "build", "prepare", "select", "load", "deploy", "test", "teardown"] {
        let lines = last.lines().filter(|line| line.starts_with(&format!("  {phase} ")));
        assert_eq!(lines.count(), 1, "{phase}: {last}");
    }
    for printed in ["    Finished `dev` profile", "     Summary ["] {
        assert!(last.lines().any(|line| line.starts_with(printed)), "{last}");
    }
}

#[test]
fn talk_on_a_terminal_is_plain_if_that_is_wanted() {
    let project = Project::new();
    for (key, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let up = project.xtask(["up", "alpha"]).env("CARGO_TERM_PROGRESS_WHEN", "never");
        let up = up.env("CARGO_TERM_COLOR", "never").env(key, value);
        up.run_on_terminal().exits(exit::SUCCESS).does_not_say("\u{1b}").says("  prepare ");
    }
}

#[test]
fn talk_and_data_that_cannot_be_written_change_no_code() {
    let project = Project::new();
    project.add_test("red", "panic!(\"red on purpose\");");
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let outputs: [&dyn Fn() -> Stdio; 2] = [&closed, &full];
    for output in outputs {
        let code = |line: &[&str]| {
            project.xtask(line.iter().copied()).code_without_output(output).unwrap()
        };
        assert_eq!(code(&["e2e", "alpha", "--format", "json"]), exit::TESTS_FAILED);
        assert_eq!(code(&["e2e", "alpha", "--", "-E", "not test(red)"]), exit::SUCCESS);
        assert_eq!(code(&["e2e", "alhpa"]), exit::USAGE);
        assert_eq!(code(&["e2e", "--alpha"]), exit::USAGE);
        assert_eq!(code(&["up", "alpha"]), exit::SUCCESS);
        assert_eq!(code(&["test", "alpha"]), exit::TESTS_FAILED);
        assert_eq!(code(&["status"]), exit::SUCCESS);
        assert_eq!(code(&["status", "--format", "json"]), exit::SUCCESS);
        assert_eq!(code(&["plan", "alpha"]), exit::SUCCESS);
        assert_eq!(code(&["logs", "beta", "-f"]), exit::SUCCESS);
        assert_eq!(code(&["gc", "--format", "json"]), exit::SUCCESS);
        assert_eq!(code(&["doctor"]), exit::SUCCESS);
        assert_eq!(code(&["down", "alpha"]), exit::SUCCESS);
        assert_eq!(code(&["completions", "zsh"]), exit::SUCCESS);
    }
    project.assert_nothing_is_left();
}

/// Whether it is one of the characters that turn.
fn is_frame(letter: char) -> bool {
    ('\u{2800}'..='\u{28ff}').contains(&letter)
}
