//! Where cargo builds, and what relative paths are relative to.

use crate::exit;
use crate::project::Project;

/// As for cargo itself: relative to the folder in which the user called it.
#[test]
fn a_relative_target_folder_lies_in_the_caller_s_folder() {
    let mut project = Project::unbuilt();
    project.build_into("pair/alpha/out");
    let e2e = || {
        let command = project.xtask(["e2e", "alpha"]).env("CARGO_TARGET_DIR", "out");
        command.in_folder(&project.path("alpha")).run()
    };
    e2e().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    assert!(project.path("alpha/out/debug/alpha").exists());
    assert!(!project.path("out").exists() && !project.path("target").exists());
    assert_eq!(project.finished_run().passed(), 3);

    let up = project.xtask(["up", "alpha"]).env("CARGO_TARGET_DIR", "out");
    up.in_folder(&project.path("alpha")).run().exits(exit::SUCCESS);
    // From elsewhere it is the same folder under another name.
    let test = project.xtask(["test", "alpha"]).env("CARGO_TARGET_DIR", "alpha/out");
    test.run().exits(exit::SUCCESS);
}

#[test]
fn a_build_folder_outside_of_the_target_folder_works() {
    let project = Project::unbuilt();
    project.create(".cargo/config.toml", "[build]\nbuild-dir = \"../intermediate\"\n");
    project.add_test_of_about("beta", "EXPECTED");
    for greeting in ["hello from beta", "hello again"] {
        project.replace("beta/src/main.rs", "hello from beta", greeting);
        let command = project.xtask(["e2e", "alpha"]);
        let output = command.env("EXPECTED", &format!("greeting={greeting}")).run();
        output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
    assert!(project.temp_path().join("intermediate/debug").exists());
    assert!(!project.target().join("debug/deps").exists());
}

/// Only what a member's folder configures: cargo reads the configuration of the
/// folder in which it is called.
#[test]
fn the_configuration_of_a_member_is_read_where_the_user_calls() {
    let mut project = Project::unbuilt();
    project.build_into("pair/alpha/there");
    project.create("alpha/.cargo/config.toml", "[build]\ntarget-dir = \"there\"\n");
    let command = project.xtask(["e2e", "alpha"]).without("CARGO_TARGET_DIR");
    command.in_folder(&project.path("alpha")).run().exits(exit::SUCCESS);
    assert!(project.path("alpha/there/debug/alpha").exists());
    assert!(!project.path("target").exists());
}

/// The linker's driver takes `%` for a variable of its own, and cargo cannot put a
/// folder with `:` on a search path.
#[test]
fn a_target_folder_that_cargo_cannot_build_into_is_refused_with_the_way_round() {
    for name in ["100%25", "one:two"] {
        let mut project = Project::new();
        project.build_into(name);
        let output = project.xtask(["e2e", "alpha"]).run();
        output.is_refused_before_the_build().says(name).says("CARGO_TARGET_DIR");
        assert!(!project.target().exists());
    }
}
