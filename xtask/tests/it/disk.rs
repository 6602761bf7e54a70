//! What cannot be written: a run that cannot be kept, a ledger that is full.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use crate::exit;
use crate::project::Project;

/// From now on no process may write to a file behind this byte, as on a disk that
/// is full. It has to ignore XFSZ, or it is killed.
fn limit_file_size(pid: u32, bytes: u64) {
    let before = getrlimit(Resource::Fsize);
    let limit = Rlimit { current: Some(bytes), maximum: before.maximum };
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

/// The size of the ledger of the only run.
fn ledger_size(project: &Project) -> u64 {
    project.kept_run().ledger().len().try_into().unwrap()
}

#[test]
fn a_run_that_cannot_be_kept_is_ended_and_reported_as_not_kept() {
    let project = Project::new();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha", "--keep", "--format", "json"]);
    let harness = harness.ignoring("XFSZ").start();
    project.wait_for_waiting_test();
    limit_file_size(harness.pid(), ledger_size(&project));
    project.let_test_go_on();
    let output = harness.finish();
    output.exits(exit::FAILURE).says("cannot write to the ledger").does_not_say("kept: ");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["runs"][0]["kept"], false, "{document}");
    project.wait_until_nothing_is_left();
}

#[test]
fn a_keeper_that_cannot_write_goes_on_and_the_run_fails() {
    let project = Project::new();
    project.add_test_that_waits();
    let only = ["e2e", "alpha", "--", "-E", "test(waits)"];
    let harness = project.xtask(only).ignoring("XFSZ").start();
    project.wait_for_waiting_test();
    let keeper = project.process("keeper").unwrap();
    limit_file_size(keeper.pid, ledger_size(&project));
    let beta = project.process("beta").unwrap();
    beta.kill();
    assert!(project.kept_run().get("alpha", "/about").contains("greeting=hello from alpha"));
    project.let_test_go_on();
    let output = harness.finish();
    output.exits(exit::FAILURE).says("cannot write to the ledger");
    project.wait_until_nothing_is_left();
}
