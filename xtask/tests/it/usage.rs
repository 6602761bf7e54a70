//! Help, and what is said of a command line that is wrong: where it goes, and
//! with which code. The texts are tested where they are made.

use std::process::Command;

use crate::exit;
use crate::project::Project;

#[test]
fn help_is_data_and_goes_to_stdout() {
    let project = Project::new();
    for (line, first) in [
        (&["--help"][..], "End-to-end tests of this workspace's services\n"),
        (&["down", "-h"], "End the kept runs of a suite\n"),
    ] {
        let output = project.directly(line.iter().copied()).run();
        assert!(output.exits(exit::SUCCESS).stdout.starts_with(first), "{output}");
        assert_eq!(output.stderr, "");
    }
}

#[test]
fn help_that_nobody_reads_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    assert_eq!(command.arg("--help").stdout(writer).status().unwrap().code(), Some(exit::SUCCESS));
}

#[test]
fn without_a_verb_help_is_talk() {
    let output = Project::new().directly([]).run();
    output.exits(exit::USAGE).says("Usage: cargo xtask <COMMAND>").does_not_say("error: ");
    assert_eq!(output.stdout, "");
}

#[test]
fn a_wrong_command_line_makes_nothing() {
    let project = Project::new();
    let output = project.directly(["e2e", "alpha", "--format", "json", "--kep"]).run();
    output.exits(exit::USAGE);
    insta::assert_snapshot!(output.stderr, @"
    error: `e2e` has no option `--kep`
    hint: did you mean `--keep`? options: --all, --keep, --keep-on-failure, --ready-timeout, --format, --help
    hint: what is meant for nextest comes after `--`
    hint: cargo xtask e2e --help
    ");
    assert_eq!(output.stdout, "");
    assert!(!project.target().exists());
}
