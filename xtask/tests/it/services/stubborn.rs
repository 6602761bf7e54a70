//! Services that do not end when they are asked to.

use crate::exit;
use crate::project::Project;

const IGNORES_SIGTERM: &str = "
    unsafe extern \"C\" { fn signal(signal: i32, handler: usize) -> usize; }
    // SIG_IGN for SIGTERM.
    unsafe { signal(15, 1) };";

#[test]
fn a_service_that_ignores_to_be_asked_is_named_with_the_time_that_it_cost() {
    let project = Project::new();
    project.beta_begins_with(IGNORES_SIGTERM);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says("service `beta` did not end within 25");
    let report = project.finished_run().json("report.json");
    assert_eq!(report["killed"][0]["service"], "beta", "{report}");
    assert!(report["killed"][0]["seconds"].as_f64().unwrap() >= 25.0, "{report}");
}

#[test]
fn down_names_a_service_that_ignores_to_be_asked() {
    let project = Project::new();
    project.beta_begins_with(IGNORES_SIGTERM);
    project.up();
    let output = project.xtask(["down", "alpha"]).run();
    output.exits(exit::SUCCESS).says("service `beta` did not end within 25");
}
