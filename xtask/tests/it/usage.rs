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
        (&["--version"], "onetag "),
        (&["completions", "bash"], "_xtask() {"),
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
    output
        .exits(exit::USAGE)
        .says("Usage: cargo xtask [OPTIONS] <COMMAND>")
        .does_not_say("error: ");
    assert_eq!(output.stdout, "");
}

#[test]
fn a_wrong_command_line_makes_nothing() {
    let project = Project::unbuilt();
    let output = project.directly(["e2e", "alpha", "--format", "json", "--kep"]).run();
    output.exits(exit::USAGE);
    assert!(output.stderr.contains("tip: a similar argument exists: '--keep'"), "{output}");
    assert_eq!(output.stdout, "");
    assert!(!project.target().exists());
}

/// Bash is asked what it would complete, with a completion of cargo there before.
#[test]
fn bash_completes_what_follows_cargo_xtask() {
    let script = Project::new().directly(["completions", "bash"]).run().stdout;
    let complete = |words: &str, word: &str| {
        let asked = format!(
            "_cargo() {{ COMPREPLY=(cargo); }}
             {script}
             COMP_WORDS=(cargo {words} '{word}'); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             _cargo_or_xtask cargo '{word}' ''
             echo ${{COMPREPLY[@]}}"
        );
        let output = Command::new("bash").args(["--norc", "-c", &asked]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("xtask", "stat"), "status\n");
    assert_eq!(complete("xtask e2e", "--keep-"), "--keep-on-failure\n");
    assert_eq!(complete("", "b"), "cargo\n");
}
