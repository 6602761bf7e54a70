//! The profile of services: what is tested can be what is shipped.

use crate::exit;
use crate::project::{Output, Project};

/// A workspace with a suite that expects services with debug assertions or
/// without, and that has them itself in any case.
fn project() -> Project {
    let project = Project::new();
    project.append("Cargo.toml", "\n[profile.shipped]\ninherits = \"release\"\n");
    let path = "\"/debug\" => Some(cfg!(debug_assertions).to_string()),\n        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", path);
    project.add_test(
        "only_services_are_of_the_profile",
        "assert!(cfg!(debug_assertions));
         let debug = get(&variable(\"ONETAG_BETA_URL\"), \"/debug\").unwrap();
         assert_eq!(debug, variable(\"DEBUG\"));",
    );
    project
}

fn run(project: &Project, arguments: &[&str], debug: &str) -> Output {
    project.xtask([]).args(arguments.iter().copied()).env("DEBUG", debug).run()
}

#[test]
fn services_are_built_with_the_profile_of_the_command_line() {
    let project = project();
    for (arguments, debug) in [
        (&["e2e", "alpha", "--release"][..], "false"),
        (&["e2e", "alpha"], "true"),
        (&["e2e", "alpha", "--profile", "shipped"], "false"),
        (&["e2e", "alpha", "--profile", "dev"], "true"),
        (&["e2e", "alpha", "--release"], "false"),
    ] {
        let output = run(&project, arguments, debug);
        output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
    let programs: Vec<_> = project.finished().iter().map(|run| run.executable("beta")).collect();
    assert_eq!((&programs[0], &programs[1]), (&programs[4], &programs[3]));
    assert_ne!(programs[0], programs[1]);
}

#[test]
fn a_kept_run_remembers_the_profile_of_its_services() {
    let project = project();
    run(&project, &["up", "alpha", "--release"], "").exits(exit::SUCCESS);
    run(&project, &["test", "alpha"], "false").exits(exit::SUCCESS).says("4 passed");
    run(&project, &["up", "alpha"], "").exits(exit::SUCCESS);
    assert_eq!(project.kept_run().get("beta", "/starts"), "x");
    let output = run(&project, &["up", "alpha", "--profile", "dev"], "");
    output.exits(exit::USAGE).says("profile `release`, not `dev`");
    output.says("hint: cargo xtask down alpha && cargo xtask up alpha --profile dev");
    assert_eq!(project.kept_run().get("beta", "/debug"), "false");
}

#[test]
fn the_hint_of_a_contradiction_keeps_the_options() {
    let project = project();
    run(&project, &["up", "alpha"], "").exits(exit::SUCCESS);
    for (arguments, options) in [
        (&["up", "alpha", "--release"][..], "--release"),
        (&["test", "alpha", "--profile", "shipped", "--on", "process"], "--profile shipped"),
    ] {
        let output = run(&project, arguments, "");
        output.exits(exit::USAGE).says("profile `dev`, not `");
        let hint = format!("hint: cargo xtask down alpha && cargo xtask up alpha {options}");
        assert!(output.stderr.lines().any(|line| line.starts_with(&hint)), "{output}");
    }
    // The options of the run stay.
    run(&project, &["down", "alpha"], "").exits(exit::SUCCESS);
    run(&project, &["up", "alpha", "--release"], "").exits(exit::SUCCESS);
    let output = run(&project, &["up", "alpha", "--on", "podman"], "");
    let hint = "hint: cargo xtask down alpha && cargo xtask up alpha --release --on podman";
    output.exits(exit::USAGE).says(hint);
    // Every hint for a run that has to be started again.
    project.process("beta").unwrap().kill();
    let output = run(&project, &["test", "alpha"], "");
    output.exits(exit::FAILURE).says("hint: cargo xtask up alpha\n");
}
