//! Services that go into the background, or have processes there.

use crate::exit;
use crate::leftovers::a_child_outlives_the_keeper_and_ends_with_the_run;
use crate::project::Project;

/// Starts itself again and ends.
fn daemonises(how: &str) -> String {
    format!(
        "use std::os::unix::process::CommandExt as _;
    unsafe extern \"C\" {{ fn setsid() -> i32; }}
    if std::env::var_os(\"IN_THE_BACKGROUND\").is_none() {{
        let mut daemon = std::process::Command::new(std::env::current_exe().unwrap());
        daemon.env(\"IN_THE_BACKGROUND\", \"1\");
        {how}
        daemon.spawn().unwrap();
        std::process::exit(0);
    }}"
    )
}

#[test]
fn a_service_that_puts_itself_into_the_background_is_told_so() {
    for how in ["unsafe { daemon.pre_exec(|| { setsid(); Ok(()) }) };", ""] {
        let project = Project::new();
        project.beta_begins_with(&daemonises(how));
        let output = project.xtask(["e2e", "alpha", "--ready-timeout", "10s"]).run();
        output.exits(exit::FAILURE).says("service `beta` put itself into the background");
        output.says("hint: a service has to stay in the foreground");
        // Also in a session of its own it has become the keeper's child.
        output.does_not_say("left behind");
        project.assert_nothing_is_left();
    }
}

#[test]
fn a_group_of_processes_below_a_service_ends_with_it() {
    let project = Project::new();
    project.beta_begins_with(
        "use std::os::unix::process::CommandExt as _;
         let mut worker = std::process::Command::new(\"sleep\");
         worker.arg(\"600\").process_group(0).spawn().unwrap();",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says("3 tests run: 3 passed");
    project.assert_nothing_is_left();

    // The same where nobody saw the service end.
    a_child_outlives_the_keeper_and_ends_with_the_run(&project);
}
