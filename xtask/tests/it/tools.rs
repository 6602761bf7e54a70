//! Cargo and nextest are killed, and what they leave behind.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::exit;
use crate::project::{Process, Project, Running};
use crate::wait::{Look, until};

/// Tells its process id, and goes on forever.
const HANGS: &str = r#"
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/hangs");
    std::fs::write(format!("{path}.partial"), std::process::id().to_string()).unwrap();
    std::fs::rename(format!("{path}.partial"), path).unwrap();
    loop { std::thread::park() }
"#;

/// The process that [`HANGS`].
fn hanging(project: &Project, relative: &str) -> Process {
    let path = project.path(relative);
    until(&format!("{path} tells a process"), || {
        let pid = std::fs::read_to_string(&path).unwrap_or_default();
        match pid.parse().ok().and_then(Process::of) {
            Some(process) => Look::Done(process),
            None => Look::NotYet(format!("{pid:?}")),
        }
    })
}

/// The tool of this name that stands in the ledger of the only run.
fn tool(project: &Project, name: &str) -> Process {
    until(&format!("`{name}` is in the ledger"), || {
        let ledger = project.kept_run().read("ledger.jsonl");
        let mut tools = ledger.lines().filter_map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).ok()?;
            let resource = &entry["resource"];
            let is_tool = resource["role"] == "tool" && entry["entry"] == "owned";
            Process::of(is_tool.then(|| resource["id"]["pid"].as_u64())?? as u32)
        });
        match tools.next_back() {
            Some(process) if process.shown().contains(name) => Look::Done(process),
            other => Look::NotYet(format!("{other:?}")),
        }
    })
}

/// A build that does not end: cargo has started a build script, which hangs.
fn in_build() -> (Project, Running, Process) {
    let project = Project::new();
    project.write("beta/build.rs", &format!("fn main() {{{HANGS}}}"));
    let harness = project.xtask(["e2e", "alpha"]).start();
    let script = hanging(&project, "beta/hangs");
    project.wait_for_process("keeper");
    (project, harness, script)
}

/// Tests that do not end.
fn in_test(project: &Project, verb: &str) -> (Running, Process) {
    let harness = project.xtask([verb, "alpha"]).start();
    let test = hanging(project, "tests/hangs");
    (harness, test)
}

fn with_a_test_that_hangs() -> Project {
    let project = Project::new();
    project.add_test("hangs", HANGS);
    project
}

/// The next run finds nothing that hangs.
fn next_run_is_green(project: &Project, hanging: &str) {
    project.replace(hanging, "loop { std::thread::park() }", "");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

/// Calls the gate by hand, and says whether it let the program run.
fn gate(said: &[u8], parent: u32) -> bool {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("ran");
    let mut gate = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["launch", "tool", &parent.to_string(), "touch"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // One that ends before it hears anything has not run anything.
    let _ = gate.stdin.take().unwrap().write_all(said);
    assert_eq!(gate.wait().unwrap().success(), path.exists());
    path.exists()
}

#[test]
fn a_tool_runs_only_when_it_is_let_go() {
    let me = std::process::id();
    assert!(gate(b"go", me));
    assert!(!gate(b"", me));
    // Whoever started it has ended: it is somebody else's child now.
    assert!(!gate(b"go", me + 1));
}

#[test]
fn a_cargo_that_is_killed_fails_the_build_and_leaves_no_compiler() {
    let (project, harness, script) = in_build();
    tool(&project, "cargo").signal(Signal::KILL);
    let output = harness.finish();
    output.exits(exit::BUILD_FAILED).says("error: phase build failed").says("SIGKILL");
    assert!(!script.lives());
    project.assert_nothing_is_left();
}

#[test]
fn a_nextest_that_is_killed_fails_the_phase_and_leaves_no_test() {
    let project = with_a_test_that_hangs();
    let (harness, test) = in_test(&project, "e2e");
    tool(&project, "nextest").signal(Signal::KILL);
    let output = harness.finish();
    output.exits(exit::FAILURE).says("error: phase test failed").says("SIGKILL");
    assert!(!test.lives());
    project.assert_nothing_is_left();
}

#[test]
fn what_a_cargo_leaves_that_is_killed_with_all_the_rest_is_ended_by_the_next_command() {
    let (project, harness, script) = in_build();
    let cargo = tool(&project, "cargo");
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    // The kernel asks it to end.
    cargo.wait_until_gone();
    assert!(script.lives());
    next_run_is_green(&project, "beta/build.rs");
    assert!(!script.lives());
}

#[test]
fn what_a_nextest_leaves_that_is_killed_with_all_the_rest_is_ended_by_the_next_command() {
    let project = with_a_test_that_hangs();
    let (harness, test) = in_test(&project, "e2e");
    // It would end its tests when it is asked to.
    tool(&project, "nextest").signal(Signal::STOP);
    project.process("keeper").unwrap().kill_with(&harness);
    tool(&project, "nextest").kill();
    harness.finish().is_killed();
    assert!(test.lives());
    next_run_is_green(&project, "tests/suites/alpha.rs");
    assert!(!test.lives());
}

#[test]
fn a_test_of_a_kept_run_that_is_killed_takes_nextest_with_it_and_not_the_run() {
    let project = with_a_test_that_hangs();
    let run = project.up();
    let (harness, test) = in_test(&project, "test");
    let nextest = tool(&project, "nextest");
    harness.signal(Signal::KILL);
    harness.finish().is_killed();
    nextest.wait_until_gone();
    test.wait_until_gone();
    assert_eq!(run.get("beta", "/starts"), "x");
    let arguments = ["test", "alpha", "--", "-E", "not test(hangs)"];
    project.xtask(arguments).run().exits(exit::SUCCESS);
    assert_eq!(run.get("beta", "/starts"), "x");
}

#[test]
fn what_a_test_of_a_kept_run_leaves_is_ended_by_the_next_command() {
    let project = with_a_test_that_hangs();
    let run = project.up();
    let (harness, test) = in_test(&project, "test");
    let nextest = tool(&project, "nextest");
    nextest.signal(Signal::STOP);
    harness.signal(Signal::KILL);
    nextest.kill();
    harness.finish().is_killed();
    assert!(test.lives());
    let arguments = ["test", "alpha", "--", "-E", "not test(hangs)"];
    project.xtask(arguments).run().exits(exit::SUCCESS);
    assert!(!test.lives());
    assert_eq!(run.get("beta", "/starts"), "x");
}

#[test]
fn an_interrupt_lets_nextest_say_what_it_interrupted() {
    let project = with_a_test_that_hangs();
    let (harness, _test) = in_test(&project, "e2e");
    harness.signal(Signal::INT);
    let output = harness.finish();
    output.exits(exit::SIGINT).says("SIGINT").says("hangs").says("Summary [");
    let said = |text: &str| output.stderr.find(text).unwrap();
    assert!(said("Summary [") < said("  teardown "), "{output}");
    project.assert_nothing_is_left();
}

#[test]
fn an_interrupt_of_a_test_leaves_the_kept_run() {
    let project = with_a_test_that_hangs();
    let run = project.up();
    let (harness, test) = in_test(&project, "test");
    harness.signal(Signal::INT);
    harness.finish().exits(exit::SIGINT).says("interrupted by SIGINT");
    assert!(!test.lives());
    assert_eq!(run.get("beta", "/starts"), "x");
}

/// A server that something started in the build: it has a session of its own.
#[test]
fn what_holds_the_output_of_cargo_ends_the_build() {
    let project = Project::new();
    let script = "#!/bin/sh
        if [ \"$1\" = build ]; then setsid sleep 60 & echo $! >server; fi
        exec cargo \"$@\"\n";
    project.program("leaving-cargo", script);
    let cargo = project.programs().join("leaving-cargo");
    let e2e = project.directly(["e2e", "alpha"]).env("CARGO", cargo.as_str()).start();
    let output = e2e.finish_within(Duration::from_secs(40));
    output.exits(exit::FAILURE).says("a background process still holds its output open");
    let server = project.read("server");
    Process::of(server.trim().parse().unwrap()).unwrap().kill();
}
