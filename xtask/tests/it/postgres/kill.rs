//! Whoever is killed, no server and no data are left.

use rustix::process::Signal;

use super::fixture::{
    self, server_folder, server_processes, wait_until_server_is_gone, with_postgres,
};
use crate::exit;

#[test]
fn a_harness_and_a_keeper_that_are_killed_leave_nothing_to_the_next_command() {
    let project = with_postgres();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha", "--database", "postgres"]).start();
    project.wait_for_waiting_test();
    let run = project.kept_run();
    let folder = server_folder(&run);
    assert!(!server_processes(&folder).is_empty());
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    wait_until_server_is_gone(&folder);
    let dry = project.xtask(["gc", "--dry-run"]).run();
    dry.exits(exit::SUCCESS);
    assert!(folder.exists(), "{dry}");
    project.xtask(["gc"]).run().exits(exit::SUCCESS);
    assert!(!folder.exists());
    fixture::assert_nothing_is_left(&run);
    project.wait_until_nothing_is_left();
}

#[test]
fn a_harness_that_is_killed_leaves_the_end_to_the_keeper() {
    let project = with_postgres();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha", "--database", "postgres"]).start();
    project.wait_for_waiting_test();
    let run = project.kept_run();
    let folder = server_folder(&run);
    harness.signal(Signal::KILL);
    harness.finish().is_killed();
    project.wait_until_nothing_is_left();
    wait_until_server_is_gone(&folder);
    fixture::assert_nothing_is_left(&run);
}

#[test]
fn data_of_a_run_whose_folder_was_removed_go_with_gc() {
    let project = with_postgres();
    let run = fixture::up(&project);
    let folder = server_folder(&run);
    project.lose_keeper();
    wait_until_server_is_gone(&folder);
    std::fs::remove_dir_all(run.folder()).unwrap();
    if !folder.exists() {
        // It lay in there.
        return;
    }
    let output = project.xtask(["gc"]).run();
    output.exits(exit::SUCCESS);
    assert!(!folder.exists(), "{output}");
}
