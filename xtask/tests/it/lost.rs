//! Runs that are lost while their tests run: nobody waits for the end of tests that
//! have nothing to test.

use std::fs;
use std::time::{Duration, Instant};

use crate::exit;
use crate::project::{Output, Project, Running};
use crate::wait::{Look, until};

const KILLED: &str = "error: phase test failed
  because: the keeper of the run was killed
";

/// A test runs, and does not end by itself.
fn in_test(verb: &str) -> (Project, Running) {
    let project = Project::new();
    project.add_test_that_waits();
    if verb == "test" {
        project.up();
    }
    let harness = project.xtask([verb, "alpha"]).start();
    project.wait_for_waiting_test();
    (project, harness)
}

/// Nextest, which would wait forever, was ended soon.
fn ends_soon(project: &Project, harness: Running) -> Output {
    let lost = Instant::now();
    let output = harness.finish();
    assert!(lost.elapsed() < Duration::from_secs(10), "{:?}\n{output}", lost.elapsed());
    fs::remove_dir(project.path("tests/waits")).unwrap();
    output
}

#[test]
fn a_keeper_that_is_killed_ends_the_tests() {
    let (project, harness) = in_test("e2e");
    project.process("keeper").unwrap().kill();
    let output = ends_soon(&project, harness);
    output.exits(exit::FAILURE).does_not_say("hint: ");
    output.says(KILLED);
    project.assert_nothing_is_left();
}

#[test]
fn a_keeper_of_a_kept_run_that_is_killed_ends_the_tests() {
    let (project, harness) = in_test("test");
    project.process("keeper").unwrap().kill();
    let output = ends_soon(&project, harness);
    output.exits(exit::FAILURE).says(&format!("{KILLED}hint: cargo xtask up alpha\n"));
    project.up();
    project.let_test_go_on();
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

/// Nextest may end before anybody else sees it.
#[test]
fn tests_that_end_with_the_keeper_are_told_why() {
    let project = Project::new();
    let kill = "let keeper = std::env::var(\"KEEPER\").unwrap();
        let kill = std::process::Command::new(\"kill\").args([\"-9\", &keeper]).status();
        assert!(kill.unwrap().success());";
    project.add_test("zz_kills_the_keeper", kill);
    project.up();
    let keeper = project.process("keeper").unwrap().pid.to_string();
    let output = project.xtask(["test", "alpha"]).env("KEEPER", &keeper).run();
    output.exits(exit::FAILURE).says("because: the keeper of the run was killed");
    output.does_not_say("cannot learn which tests").says("hint: cargo xtask up alpha\n");
}

#[test]
fn a_run_whose_folder_is_removed_ends_the_tests() {
    for verb in ["e2e", "test"] {
        let (project, harness) = in_test(verb);
        let folder = project.kept_run().folder().to_owned();
        // The run may write to it just then.
        until("the folder is removed", || match fs::remove_dir_all(&folder) {
            Err(error) if folder.exists() => Look::NotYet(error.to_string()),
            _ => Look::Done(()),
        });
        let output = ends_soon(&project, harness);
        output.exits(exit::FAILURE).does_not_say("keeper").says(
            "was removed while the run was under way\nphase test failed\n\
             \u{20} because: there was nothing to test any more\n",
        );
        project.wait_until_nothing_is_left();
    }
}
