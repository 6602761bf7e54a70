//! Kept runs of a suite whose needs change.

use crate::exit;
use crate::project::Project;

/// The fixture with a service `gamma` beside the two, which the suite needs.
fn project() -> Project {
    let project = Project::new();
    project.add_service("gamma", "");
    project.append("alpha/Cargo.toml", "needs = [\"gamma\"]\n");
    project
}

fn need_no_gamma(project: &Project) {
    project.replace("alpha/Cargo.toml", "needs = [\"gamma\"]\n", "");
}

#[test]
fn a_service_that_is_no_longer_needed_makes_a_run_stale() {
    let project = project();
    let run = project.up();
    let (before, environment) = (project.processes(), run.environment());
    need_no_gamma(&project);
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).does_not_say("Nextest run ID");
    insta::assert_snapshot!(output.error(), @r"
    error: phase witness failed
      because: the kept run is stale: `gamma` is no longer needed
    hint: cargo xtask up alpha
    ");
    assert_eq!((project.processes(), run.environment()), (before, environment));

    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("stopped, no longer needed: gamma; unchanged: alpha, beta");
    assert!(project.process("gamma").is_none());
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_service_that_is_needed_now_is_new() {
    let project = project();
    need_no_gamma(&project);
    let run = project.up();
    project.append("alpha/Cargo.toml", "needs = [\"gamma\"]\n");
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("the kept run is stale: `gamma` is not deployed");
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("new: gamma; unchanged: alpha, beta");
    output.does_not_say("replaced");
    assert!(run.get("gamma", "/about").contains("hello from gamma"));
}
