//! Machines on which a run cannot work, or only elsewhere.

use crate::exit;
use crate::project::Project;

#[test]
fn a_target_folder_with_a_space_is_refused_with_the_way_round() {
    let mut project = Project::in_folder("my pair");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: the path of the target folder has the character ' ': [temp]/my pair/target
    hint: set CARGO_TARGET_DIR to a folder whose path consists of letters, digits and `_./@,+=-`
    ");
    assert!(!project.target().exists());

    project.build_into("elsewhere");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.finished().len(), 1);
}

#[test]
fn a_target_folder_that_cannot_be_made_is_named() {
    let mut project = Project::new();
    project.build_into("pair/Cargo.toml/target");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: cannot make the folder [temp]/pair/Cargo.toml/target/onetag
      because: Not a directory (os error 20)
    hint: set CARGO_TARGET_DIR to a folder that you can write to
    ");
}

#[test]
fn a_full_disk_at_the_start_leaves_no_run() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha"]).with_file_size(0).run();
    output.exits(exit::FAILURE).says("cannot write to the ledger");
    project.assert_nothing_is_left();
}

#[test]
fn a_full_disk_at_the_executable_cache_leaves_no_run() {
    let project = Project::new();
    project.cargo(["build", "--workspace", "--all-targets"]).run().exits(exit::SUCCESS);
    // Enough for the ledger and for what cargo notes, not for an executable.
    let output = project.xtask(["e2e", "alpha"]).with_file_size(200).run();
    output.exits(exit::FAILURE).says("cannot copy ").says("hint: look whether the disk is full");
    project.assert_nothing_is_left();
    assert_eq!(std::fs::read_dir(project.onetag().join("executables")).unwrap().count(), 0);
}

#[test]
fn a_machine_without_nextest_is_told_how_to_get_it() {
    let project = Project::unbuilt();
    for program in ["cargo", "rustc"] {
        project.link_program(program);
    }
    let programs = project.programs();
    let output = project
        .xtask(["e2e", "alpha"])
        .env("PATH", programs.as_str())
        // Cargo looks for its subcommands in here, too.
        .env("CARGO_HOME", project.temp_path().join("cargo-home").as_str())
        .run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: cargo-nextest cannot be run: error: no such command: `nextest`
    hint: cargo install --locked cargo-nextest
    ");
    assert!(!project.onetag().exists());
}

#[test]
fn a_nextest_that_is_too_old_is_told_how_to_renew_it() {
    let project = Project::unbuilt();
    project
        .program("cargo-nextest", "#!/bin/sh\necho 'cargo-nextest 0.9.100 (1234567 2025-07-01)'\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: cargo-nextest 0.9.100 is too old: the hook needs 0.9.131 or newer
    hint: cargo install --locked cargo-nextest
    ");
    assert!(!project.onetag().exists());
}

#[test]
fn another_nextest_is_asked_for_its_version_again() {
    let project = Project::new();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.program("cargo-nextest", "#!/bin/sh\necho 'cargo-nextest 0.9.100'\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).says("error: cargo-nextest 0.9.100 is too old");
}
