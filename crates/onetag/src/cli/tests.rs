//! Whole command lines, and what is made of them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

use super::arguments::command;
use super::command::{Bench, Command, E2e, Format, Test, Up};
use crate::error::describe;

fn read(line: &str) -> anyhow::Result<Command> {
    command(["xtask"].into_iter().chain(line.split_whitespace()).map(OsString::from))
}

fn e2e(line: &str) -> E2e {
    match read(line) {
        Ok(Command::E2e(given)) => given,
        other => panic!("`{line}` is {other:?}"),
    }
}

/// What is said of a command line that is wrong.
#[track_caller]
fn wrong(line: &str) -> String {
    describe(&read(line).unwrap_err())
}

#[test]
fn arguments_for_nextest_follow_two_dashes() {
    let given = e2e("e2e a b --keep -- -E test(x) -- --all -h");
    assert_eq!(given.suites.unwrap(), ["a", "b"]);
    assert_eq!(given.nextest, ["-E", "test(x)", "--", "--all", "-h"]);
    assert!(given.keep && !given.keep_on_failure);
    let Ok(Command::Test(Test { nextest, .. })) = read("test a -- --no-capture") else { panic!() };
    assert_eq!(nextest, ["--no-capture"]);
}

#[test]
fn what_is_left_out_has_a_default() {
    let given = e2e("e2e --all");
    assert!(given.suites.is_none());
    assert_eq!(given.ready_timeout, Duration::from_secs(60));
    assert_eq!(given.format, Format::Human);
    let Ok(Command::Bench(Bench { pairs, .. })) = read("bench a") else { panic!() };
    assert_eq!(pairs, 9);
}

#[test]
fn options_stand_anywhere_and_have_values_in_both_ways() {
    for line in
        ["up --ready-timeout 90s --format=json a", "up a --ready-timeout=1m30s --format json"]
    {
        let Ok(Command::Up(Up { suite, ready_timeout, format })) = read(line) else { panic!() };
        assert_eq!(suite, "a");
        assert_eq!(ready_timeout, Duration::from_secs(90));
        assert_eq!(format, Format::Json);
    }
    assert!(e2e("e2e --keep-on-failure a").keep_on_failure);
    let Ok(Command::Bench(Bench { pairs, .. })) = read("bench --pairs 65535 a") else { panic!() };
    assert_eq!(pairs, 65535);
    let line = ["xtask", "up", "a", "--ready-timeout", "1m 30s"].map(OsString::from);
    let Ok(Command::Up(Up { ready_timeout, .. })) = command(line) else { panic!() };
    assert_eq!(ready_timeout, Duration::from_secs(90));
}

#[test]
fn each_verb_is_a_command() {
    assert!(matches!(read("down a"), Ok(Command::Down { suite }) if suite == "a"));
    assert!(matches!(read("hook a"), Ok(Command::Hook { suite }) if suite == "a"));
    assert!(matches!(read("down -- --a"), Ok(Command::Down { suite }) if suite == "--a"));
    let status = read("status --format json");
    assert!(matches!(status, Ok(Command::Status { format: Format::Json })));
    assert!(matches!(read("keeper /run"), Ok(Command::Keeper { folder }) if folder == "/run"));
    assert!(matches!(read(""), Ok(Command::Nothing)));
}

#[test]
fn help_is_there_for_all_and_for_each_verb() {
    let help = |line: &str| match read(line) {
        Ok(Command::Help(text)) => text.lines().next().unwrap().to_owned(),
        other => panic!("`{line}` is {other:?}"),
    };
    assert_eq!(help("-h"), "End-to-end tests of this workspace's services");
    assert_eq!(help("--help e2e"), help("-h"));
    assert_eq!(help("down --help"), "End the kept runs of a suite");
    assert_eq!(help("keeper -h"), "The parent of a run's services");
}

#[test]
fn a_verb_that_is_wrong() {
    insta::assert_snapshot!(wrong("e2 a"), @"
    no verb named `e2`
    hint: did you mean `e2e`? verbs: e2e, up, test, down, status, bench, hook
    hint: cargo xtask --help
    ");
    insta::assert_snapshot!(wrong("keepr"), @"
    no verb named `keepr`
    hint: verbs: e2e, up, test, down, status, bench, hook
    hint: cargo xtask --help
    ");
    insta::assert_snapshot!(wrong("--format json e2e a"), @"
    unexpected `--format` before the verb
    hint: cargo xtask --help
    ");
    insta::assert_snapshot!(wrong("-x"), @"
    unexpected `-x` before the verb
    hint: cargo xtask --help
    ");
    insta::assert_snapshot!(wrong("-- e2e a"), @"
    unexpected `--` before the verb
    hint: cargo xtask --help
    ");
    insta::assert_snapshot!(wrong("--help=e2e"), @"
    `--help` takes no value, not `e2e`
    hint: cargo xtask --help
    ");
}

#[test]
fn an_option_that_is_wrong() {
    insta::assert_snapshot!(wrong("e2e a --kep"), @"
    `e2e` has no option `--kep`
    hint: did you mean `--keep`? options: --all, --keep, --keep-on-failure, --ready-timeout, --format, --help
    hint: what is meant for nextest comes after `--`
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("test a -E test(x)"), @"
    `test` has no option `-E`
    hint: options: --format, --help
    hint: what is meant for nextest comes after `--`
    hint: cargo xtask test --help
    ");
    insta::assert_snapshot!(wrong("hook a --format json"), @"
    `hook` has no option `--format`
    hint: options: --help
    hint: cargo xtask hook --help
    ");
    insta::assert_snapshot!(wrong("e2e a --keep=yes"), @"
    `--keep` takes no value, not `yes`
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("e2e a --keep --keep"), @"
    `--keep` is given twice
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("status --format json --format=json"), @"
    `--format` is given twice
    hint: cargo xtask status --help
    ");
    insta::assert_snapshot!(wrong("down --help=x"), @"
    `--help` takes no value, not `x`
    hint: cargo xtask down --help
    ");
}

#[test]
fn a_value_that_is_wrong() {
    insta::assert_snapshot!(wrong("e2e a --ready-timeout"), @"
    `--ready-timeout` needs a value
    hint: for example --ready-timeout 60s
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("e2e a --ready-timeout --keep"), @"
    `--ready-timeout` needs a value
    hint: for example --ready-timeout 60s
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("status --format -- json"), @"
    `--format` needs a value
    hint: values: human, json
    hint: cargo xtask status --help
    ");
    insta::assert_snapshot!(wrong("e2e a --ready-timeout soon"), @"
    `--ready-timeout` cannot be `soon`: expected number at 0
    hint: for example --ready-timeout 60s
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("up a --ready-timeout="), @"
    `--ready-timeout` cannot be ``: value was empty
    hint: for example --ready-timeout 60s
    hint: cargo xtask up --help
    ");
    insta::assert_snapshot!(wrong("status --format jsn"), @"
    `--format` cannot be `jsn`
    hint: did you mean `json`? values: human, json
    hint: cargo xtask status --help
    ");
    insta::assert_snapshot!(wrong("bench a --pairs 0"), @"
    `--pairs` cannot be `0`: it is a whole number from 1 to 65535
    hint: cargo xtask bench --help
    ");
    insta::assert_snapshot!(wrong("bench a --pairs 65536"), @"
    `--pairs` cannot be `65536`: it is a whole number from 1 to 65535
    hint: cargo xtask bench --help
    ");
}

#[test]
fn names_that_are_missing_or_too_many() {
    insta::assert_snapshot!(wrong("e2e --format json"), @"
    `e2e` needs a SERVICE, or `--all`
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("e2e -- x"), @"
    `e2e` needs a SERVICE, or `--all`
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("e2e --all a"), @"
    `--all` and `a` exclude each other
    hint: cargo xtask e2e --help
    ");
    insta::assert_snapshot!(wrong("up"), @"
    `up` needs a SERVICE
    hint: cargo xtask up --help
    ");
    insta::assert_snapshot!(wrong("keeper"), @"
    `keeper` needs a FOLDER
    hint: cargo xtask keeper --help
    ");
    insta::assert_snapshot!(wrong("down a b"), @"
    unexpected argument `b`: `down` takes one SERVICE
    hint: cargo xtask down --help
    ");
    insta::assert_snapshot!(wrong("status a"), @"
    unexpected argument `a`
    hint: cargo xtask status --help
    ");
}

#[test]
fn arguments_that_are_not_utf_8() {
    let wrong = |before: &[&str], bytes: &[u8]| {
        let line = ["xtask"].iter().chain(before).map(OsString::from);
        describe(&command(line.chain([OsString::from_vec(bytes.to_vec())])).unwrap_err())
    };
    let expected = "the argument `a\u{fffd}` is not valid UTF-8";
    for before in [&[][..], &["down"], &["e2e", "a", "--format"], &["e2e", "a", "--", "-E"]] {
        assert_eq!(wrong(before, b"a\xff"), expected, "behind {before:?}");
    }
    assert_eq!(wrong(&["status"], b"--format=a\xff"), expected);
}
