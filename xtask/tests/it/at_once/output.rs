//! What suites that run at the same time print: each in one piece, and a table at the end.

use super::{meets, that_meet, two_suites};
use crate::exit;
use crate::project::{Output, redact, screens};

/// Statements that print while those of the other suite do.
fn talks(own: &str, other: &str) -> String {
    let meets = meets(own, other);
    format!(
        "{meets}
         for number in 0..200 {{ println!(\"{own} prints {{number}}\"); }}
         {}
         for number in 200..400 {{ println!(\"{own} prints {{number}}\"); }}",
        super::meets(&format!("{own}-again"), &format!("{other}-again"))
    )
}

/// The lines between the title of a suite's output and the next title, or the table.
fn block<'a>(output: &'a Output, suite: &str) -> Vec<&'a str> {
    let title = format!("---- {suite} ----");
    assert_eq!(output.stderr.matches(&title).count(), 1, "{output}");
    let lines = output.stderr.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| !line.starts_with("---- ") && !line.starts_with("suite ")).collect()
}

#[test]
fn what_a_suite_prints_stands_in_one_piece() {
    let project = two_suites(&talks("alpha", "beta"), &talks("beta", "alpha"));
    let output = project.xtask(["e2e", "--all", "--", "--no-capture"]).run();
    output.exits(exit::SUCCESS).does_not_say("\u{1b}");
    for (suite, tests) in [("alpha", "4 tests run: 4 passed"), ("beta", "1 test run: 1 passed")] {
        let block = block(&output, suite);
        let printed: Vec<_> = block.iter().filter(|line| line.contains(" prints ")).collect();
        assert_eq!(printed.len(), 400, "{output}");
        assert!(printed.iter().all(|line| line.contains(&format!("{suite} prints "))), "{output}");
        assert!(block.iter().any(|line| line.contains(tests)), "{output}");
        assert!(block.iter().any(|line| line.starts_with(&format!("{suite}-"))), "{output}");
        for phase in ["select", "load", "deploy", "witness", "test", "teardown"] {
            output.says(&format!("{suite:<5} | {phase} "));
        }
    }
}

#[test]
fn a_table_ends_the_output_of_several_suites() {
    let project = two_suites("", "panic!(\"red on purpose\");");
    let output = project.xtask(["e2e", "--all"]).run();
    output.exits(exit::TESTS_FAILED);
    let table: Vec<_> =
        output.stderr.lines().skip_while(|line| !line.starts_with("suite ")).collect();
    insta::assert_snapshot!(without_times(&redact(&table.join("\n"))), @"
    suite tag tests time verdict
    alpha alpha-[run id] 4 tests 0.00 s passed
    beta beta-[run id] 1 of 1 test failed 0.00 s failed in test, code 100
    2 suites in 0.00 s: 1 passed, 1 failed
    ");
    // A failure of one of them is told in full, with its log.
    assert!(block(&output, "beta").iter().any(|line| line.contains("red on purpose")), "{output}");
    assert_eq!(output.stderr.matches("red on purpose").count(), 1, "{output}");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).does_not_say("suite ");
}

#[test]
fn little_talk_of_several_suites_is_verdicts_and_the_table() {
    let project = two_suites("", "panic!(\"red on purpose\");");
    let output = project.xtask(["-q", "e2e", "--all"]).run();
    output.exits(exit::TESTS_FAILED).does_not_say(" | ").does_not_say("4 tests run: 4 passed");
    output.says("red on purpose").says("1 of 1 test failed").says(" s: 1 passed, 1 failed\n");
}

#[test]
fn a_terminal_shows_all_suites_that_run() {
    let project = that_meet();
    let output = project.xtask(["e2e", "--all"]).run_on_terminal();
    output.exits(exit::SUCCESS);
    let live = |screen: &String| {
        let is_live = |line: &str, suite: &str| line.contains(&format!("{suite} | test  0s"));
        ["alpha", "beta "].iter().all(|suite| screen.lines().any(|line| is_live(line, suite)))
    };
    assert!(screens(&output).any(|screen| live(&screen)), "{output}");
    // What nextest says last, beside the time: which of its lines is for chance.
    let said = ["SETUP", "PASS [", "Summary ["];
    let says =
        |line: &str| line.contains(" | test  0s  ") && said.iter().any(|text| line.contains(text));
    assert!(screens(&output).any(|screen| screen.lines().any(says)), "{output}");
    let last = screens(&output).last().unwrap();
    for title in ["---- alpha ----", "---- beta ----", "suite "] {
        assert_eq!(last.lines().filter(|line| line.starts_with(title)).count(), 1, "{last}");
    }
    assert!(!last.lines().any(|line| line.contains(" | test  0s")), "{last}");
}

/// The cells of each row, of which the widths differ, with all times alike.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let line = |line: &str| {
        let words = line.split_whitespace();
        words.map(|word| if is_time(word) { "0.00" } else { word }).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
