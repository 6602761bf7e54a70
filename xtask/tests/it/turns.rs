//! Commands on one kept run take turns: one nextest at a time, and none beside `up`
//! and `down`.

use crate::exit;
use crate::project::{Command, Project, Running};
use crate::wait::{Look, until};

/// A kept run with a test that runs, started by `first`.
fn busy(first: impl FnOnce(&Project) -> Command) -> (Project, Running) {
    let project = Project::new();
    project.add_test_that_waits();
    project.up();
    let first = first(&project).start();
    project.wait_for_waiting_test();
    (project, first)
}

fn wait_until_it_says(running: &Running, text: &str) {
    until(&format!("it says {text:?}"), || match running.said() {
        said if said.contains(text) => Look::Done(()),
        said => Look::NotYet(said),
    });
}

/// Two commands that test are both green, one after the other.
fn both_are_green(
    (first, name): (impl FnOnce(&Project) -> Command, &str),
    second: impl FnOnce(&Project) -> Command,
) {
    let (project, first) = busy(first);
    let second = second(&project).start();
    wait_until_it_says(&second, &format!("waiting for `{name}`, pid "));
    project.let_test_go_on();
    for command in [first, second] {
        command.finish().exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
}

fn test(project: &Project) -> Command {
    project.xtask(["test", "alpha"])
}

#[test]
fn a_test_waits_for_another() {
    both_are_green((test, "test"), test);
}

#[test]
fn a_test_waits_for_plain_nextest() {
    both_are_green((Project::nextest, "nextest"), test);
}

#[test]
fn plain_nextest_waits_for_a_test() {
    both_are_green((test, "test"), Project::nextest);
}

#[test]
fn plain_nextest_waits_for_another() {
    both_are_green((Project::nextest, "nextest"), Project::nextest);
}

#[test]
fn up_waits_for_a_test() {
    let (project, first) = busy(test);
    let beta = project.process("beta");
    project.replace("beta/src/main.rs", "hello from beta", "hello again");
    let up = project.xtask(["up", "alpha"]).start();
    wait_until_it_says(&up, "waiting for `test`, pid ");
    assert_eq!(project.process("beta"), beta);
    project.let_test_go_on();
    first.finish().exits(exit::SUCCESS);
    up.finish().exits(exit::SUCCESS).says("replaced: beta");
}

#[test]
fn down_waits_for_a_test() {
    let (project, first) = busy(test);
    let down = project.xtask(["down", "alpha"]).start();
    wait_until_it_says(&down, "waiting for `test`, pid ");
    project.let_test_go_on();
    first.finish().exits(exit::SUCCESS).says("4 tests run: 4 passed");
    down.finish().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

#[test]
fn a_test_waits_for_up() {
    let project = Project::new();
    project.up();
    let wait = "let folder = std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\"));
         std::fs::write(folder.join(\"starts\"), \"\").unwrap();
         while !folder.join(\"goes-on\").exists() { std::thread::yield_now(); }";
    project.beta_begins_with(wait);
    let up = project.xtask(["up", "alpha"]).start();
    until("beta starts", || match project.path("beta/starts").exists() {
        true => Look::Done(()),
        false => Look::NotYet(up.said()),
    });
    let test = project.xtask(["test", "alpha"]).start();
    wait_until_it_says(&test, "waiting for `up`, pid ");
    project.write("beta/goes-on", "");
    up.finish().exits(exit::SUCCESS).says("replaced: beta");
    test.finish().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// Whoever had its turn and was killed keeps nobody waiting.
#[test]
fn a_command_that_was_killed_has_no_turn() {
    let (project, first) = busy(Project::nextest);
    first.signal(rustix::process::Signal::KILL);
    first.finish().is_killed();
    until("its test has ended", || {
        match project.processes().iter().any(|process| process.shown().contains("waits")) {
            false => Look::Done(()),
            true => {
                project.let_test_go_on();
                Look::NotYet("it runs".to_owned())
            }
        }
    });
    let _ = std::fs::remove_dir(project.path("tests/waits"));
    project
        .xtask(["test", "alpha"])
        .run()
        .exits(exit::SUCCESS)
        .does_not_say("to finish with this run");
}

/// Whoever is its parent then would keep everybody waiting for ever.
#[test]
fn a_hook_whose_nextest_has_ended_takes_no_turn() {
    let project = Project::new();
    project.up();
    let pipe = project.path("tests/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let hook = project.xtask(["hook", "alpha"]).env("NEXTEST_RUN_ID", "1");
    let mut hook = hook.env("NEXTEST_ENV", "/dev/null").orphaned(&pipe).start();
    until("its parent has ended", || match hook.has_ended() {
        true => Look::Done(()),
        false => Look::NotYet("it runs".to_owned()),
    });
    std::fs::write(&pipe, "\n").unwrap();
    // The status is that of the parent.
    hook.finish().says("error: nextest, which called this hook, has ended");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

/// In a container the session of all is led from outside of it.
#[test]
fn a_hook_knows_its_nextest_in_a_container() {
    let project = Project::new();
    let nextest = project.nextest().alone_between("cargo xtask up alpha", "cargo xtask down alpha");
    nextest.run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}
