//! What a run cannot end, and runs that end in unusual ways.

use std::net::TcpListener;

use rustix::process::Signal;

use crate::exit;
use crate::project::Project;

/// SIG_IGN for SIGTERM.
const DEAF: &str = "
    unsafe extern \"C\" { fn signal(signal: i32, handler: usize) -> usize; }
    unsafe { signal(15, 1) };";

#[test]
fn a_process_that_got_away_is_reported_and_left_alone() {
    let project = Project::new();
    project.beta_begins_with(
        "let mut daemon = std::process::Command::new(\"setsid\");
         daemon.args([\"--fork\", \"sleep\", \"600\"]).status().unwrap();",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    let daemon = project.process("sleep").unwrap();
    output.exits(exit::FAILURE).says("3 tests run: 3 passed");
    output.says(&format!("left behind: process {} (sleep 600)", daemon.pid));
    output.says(&format!("error: phase teardown failed\n  because: something of the run is left: process {} (sleep 600)\n", daemon.pid));
    output.says(&format!("hint: kill {}\n", daemon.pid));
    let report = project.finished_run().json("report.json");
    assert_eq!(report["leftovers"][0]["kind"], "process");
    assert!(daemon.lives());
    daemon.kill();
}

#[test]
fn a_daemon_of_a_test_is_reported_and_left_alone() {
    let project = Project::new();
    project.add_test(
        "leaves_a_daemon",
        "let mut setsid = std::process::Command::new(\"setsid\");
         setsid.args([\"--fork\", \"sleep\", \"601\"]).stdout(std::process::Stdio::null());
         assert!(setsid.stderr(std::process::Stdio::null()).status().unwrap().success());",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    let daemon = project.process("sleep").unwrap();
    output.exits(exit::FAILURE).says("4 tests run: 4 passed");
    output.says(&format!("left behind: process {} (sleep 601)", daemon.pid));
    daemon.kill();

    // What `down` leaves is told in the same way.
    project.up();
    let daemon = project.xtask(["test", "alpha"]).run();
    daemon.exits(exit::SUCCESS);
    let output = project.xtask(["down", "alpha"]).run();
    let daemon = project.process("sleep").unwrap();
    output.exits(exit::FAILURE).says(&format!("left behind: process {} (sleep 601)", daemon.pid));
    output
        .says("error: something of the run is left")
        .says(&format!("hint: kill {}\n", daemon.pid));
    daemon.kill();
}

#[test]
fn a_child_of_a_service_ends_with_it() {
    let project = Project::new();
    project
        .beta_begins_with("std::process::Command::new(\"sleep\").arg(\"600\").spawn().unwrap();");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

#[test]
fn a_child_of_a_service_ends_also_when_nobody_saw_the_service_end() {
    let project = Project::new();
    project
        .beta_begins_with("std::process::Command::new(\"sleep\").arg(\"600\").spawn().unwrap();");
    a_child_outlives_the_keeper_and_ends_with_the_run(&project);
}

/// The child of a service, whose end nobody saw since the keeper was killed before.
pub(crate) fn a_child_outlives_the_keeper_and_ends_with_the_run(project: &Project) {
    project.up();
    let child = project.process("sleep").unwrap();
    project.lose_keeper();
    assert!(child.lives());
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert!(!child.lives());
}

#[test]
fn what_a_command_was_writing_that_was_killed_is_removed_by_the_next() {
    let project = Project::new();
    let run = project.up();
    let mut writer = std::process::Command::new("true").spawn().unwrap();
    writer.wait().unwrap();
    let name = format!("x.json.{}.partial", writer.id());
    let cache = project.cache();
    let diagnostics = run.path("diagnostics");
    std::fs::create_dir(&diagnostics).unwrap();
    let folders = [run.path(""), diagnostics, cache.clone(), cache.join("executables")];
    let written = folders.map(|folder| folder.join(&name));
    written.iter().for_each(|path| std::fs::write(path, "").unwrap());
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(written.iter().filter(|path| path.exists()).count(), 0);
}

#[test]
fn a_service_that_ignores_to_be_asked_is_killed() {
    let project = Project::new();
    project.beta_begins_with(DEAF);
    let run = project.up();
    let beta = project.process("beta").unwrap();
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert!(!beta.lives(), "{run:?}");
}

#[test]
fn a_keeper_whose_asker_is_gone_tears_its_run_down() {
    let project = Project::new();
    project.beta_begins_with(DEAF);
    project.up();
    let [alpha, beta] = ["alpha", "beta"].map(|name| project.process(name).unwrap());
    let down = project.xtask(["down", "alpha"]).start();
    // The keeper waits for `beta` now, and `down` for the keeper.
    alpha.wait_until_gone();
    down.signal(Signal::KILL);
    down.finish().is_killed();
    beta.kill();
    project.wait_until_nothing_is_left();
}

#[test]
fn a_keeper_that_is_asked_to_end_tears_its_run_down() {
    let project = Project::new();
    let run = project.up();
    project.process("keeper").unwrap().signal(Signal::TERM);
    project.wait_until_nothing_is_left();
    assert_eq!(project.finished_run().id(), run.id());
}

#[test]
fn a_keeper_that_is_killed_ends_the_run_that_is_under_way() {
    let project = Project::new();
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_process("beta");
    project.process("keeper").unwrap().signal(Signal::KILL);
    let output = harness.finish();
    output.exits(exit::FAILURE).says("the keeper is gone");
    project.assert_nothing_is_left();
}

#[test]
fn an_up_that_fails_leaves_nothing() {
    let project = Project::new();
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let output = project.xtask(["up", "alpha", "--ready-timeout", "1s"]).run();
    output.exits(exit::FAILURE).says("answers 404");
    project.assert_nothing_is_left();
}

#[test]
fn a_stranger_on_a_port_that_the_run_had_is_no_leftover() {
    let project = Project::new();
    let run = project.up();
    project.lose_keeper();
    let address = run.url("beta");
    let _stranger = TcpListener::bind(address.trim_start_matches("http://")).unwrap();
    let output = project.xtask(["down", "alpha"]).run();
    output.exits(exit::SUCCESS).does_not_say("left behind");
}

#[test]
fn a_port_that_somebody_took_meanwhile_is_named() {
    let project = Project::new();
    let run = project.up();
    project.lose_keeper();
    let address = run.url("beta");
    let thief = TcpListener::bind(address.trim_start_matches("http://")).unwrap();

    let port = thief.local_addr().unwrap().port();
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::FAILURE);
    output.says(&format!("port {port} of `beta` is used by another process now"));
    drop(thief);
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(run.url("beta"), address);
}
