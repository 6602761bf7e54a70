//! Services that go into the background, or have processes there.

use crate::exit;
use crate::leftovers::a_child_outlives_the_keeper_and_ends_with_the_run;
use crate::project::Project;
use crate::wait::{Look, until};

/// Starts itself again and ends, before that serves.
fn daemonises(how: &str) -> String {
    format!(
        "use std::os::unix::process::CommandExt as _;
    unsafe extern \"C\" {{ fn setsid() -> i32; }}
    let Ok(parent) = std::env::var(\"IN_THE_BACKGROUND_OF\") else {{
        let mut daemon = std::process::Command::new(std::env::current_exe().unwrap());
        daemon.env(\"IN_THE_BACKGROUND_OF\", std::process::id().to_string());
        {how}
        daemon.spawn().unwrap();
        std::process::exit(0);
    }};
    while std::os::unix::process::parent_id().to_string() == parent {{
        std::thread::sleep(std::time::Duration::from_millis(1));
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
fn a_process_that_a_service_leaves_behind_is_waited_for_when_it_ends() {
    let project = Project::new();
    project.beta_begins_with(
        "let script = \"(sh -c 'echo $$ > $DATA_DIR/orphan' &)\";
         std::process::Command::new(\"sh\").args([\"-c\", script]).status().unwrap();",
    );
    let run = project.up();
    let orphan = || std::fs::read_to_string(run.path("volumes/beta/orphan")).unwrap_or_default();
    until("a process was left behind, and is no zombie", || match orphan().trim() {
        "" => Look::NotYet("it has not told its number".to_owned()),
        pid if std::path::Path::new("/proc").join(pid).exists() => Look::NotYet(pid.to_owned()),
        _ => Look::Done(()),
    });
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
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
