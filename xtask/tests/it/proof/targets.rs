//! Target folders with a history: what others built in them is not believed, and
//! nothing is compiled that cargo alone would not compile.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use crate::exit;
use crate::project::{Output, Project};

/// Runs a suite that expects this greeting of `beta`.
fn e2e(project: &Project, greeting: &str) -> Output {
    let command = project.xtask(["e2e", "alpha"]);
    command.env("EXPECTED", &format!("greeting={greeting}")).run()
}

fn project() -> Project {
    let project = Project::new();
    project.add_test_of_about("beta", "EXPECTED");
    project
}

/// A green run that compiles nothing.
#[track_caller]
fn compiles_nothing(project: &Project, greeting: &str) {
    let output = e2e(project, greeting);
    output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    assert_eq!(output.compiled(), [""; 0], "{output}");
}

/// Builds all there is with cargo alone; returns what it compiled.
fn cargo_builds(project: &Project) -> Vec<String> {
    let output = project.cargo(["build", "--workspace", "--bins", "--tests"]).run();
    output.exits(exit::SUCCESS).compiled().into_iter().map(str::to_owned).collect()
}

#[test]
fn what_cargo_has_built_is_not_built_again() {
    let project = project();
    cargo_builds(&project);
    compiles_nothing(&project, "hello from beta");
    project.replace("beta/src/main.rs", "hello from beta", "hello again");
    assert_eq!(cargo_builds(&project), ["beta"]);
    compiles_nothing(&project, "hello again");
    project.replace("beta/src/main.rs", "hello again", "hello at last");
    let output = e2e(&project, "hello at last");
    assert_eq!(output.exits(exit::SUCCESS).compiled(), ["beta"], "{output}");
    compiles_nothing(&project, "hello at last");
}

/// With its target folder, and with the times of its files.
#[test]
fn a_copy_of_a_workspace_is_not_built_again() {
    let original = project();
    cargo_builds(&original);
    e2e(&original, "hello from beta").exits(exit::SUCCESS);
    // Cargo alone takes all of it for fresh.
    assert_eq!(cargo_builds(&Project::copy_of(&original)), [""; 0]);
    let copy = Project::copy_of(&original);
    compiles_nothing(&copy, "hello from beta");
    copy.replace("beta/src/main.rs", "hello from beta", "hello from the copy");
    assert_eq!(e2e(&copy, "hello from the copy").exits(exit::SUCCESS).compiled(), ["beta"]);
}

/// Every file has another time of change (ctime), and no other contents.
#[test]
fn a_workspace_with_another_owner_is_not_built_again() {
    let project = project();
    e2e(&project, "hello from beta").exits(exit::SUCCESS);
    let changed = || project.path("beta/src/main.rs").metadata().unwrap().ctime_nsec();
    let (before, owner) = (changed(), project.path("").metadata().unwrap());
    let owner = format!("{}:{}", owner.uid(), owner.gid());
    let mut chown = Command::new("chown");
    let status = chown.args(["-R", &owner, "."]).current_dir(project.path("")).status();
    assert!(status.unwrap().success());
    assert_ne!(changed(), before);
    compiles_nothing(&project, "hello from beta");
}

/// As a cache of a build server brings it back: what cargo built, without what
/// the harness remembers.
#[test]
fn a_target_folder_that_was_restored_is_not_built_again() {
    let project = project();
    e2e(&project, "hello from beta").exits(exit::SUCCESS);
    std::fs::remove_dir_all(project.onetag()).unwrap();
    let restored = project.temp_path().join("restored");
    let cp = Command::new("cp").arg("-a").args([project.target(), &restored]).status();
    assert!(cp.unwrap().success());
    std::fs::remove_dir_all(project.target()).unwrap();
    std::fs::rename(restored, project.target()).unwrap();
    compiles_nothing(&project, "hello from beta");
}

/// Cargo takes the copy's code for this checkout's, since its files are older.
#[test]
fn what_cargo_built_in_a_copy_with_the_same_target_folder_is_not_believed() {
    let here = project();
    let mut there = project();
    there.share_target_of(&here);
    there.replace("beta/src/main.rs", "hello from beta", "hello from there");
    there.add_test("is_not_of_this_checkout", "panic!();");
    // Both before the harness has seen the target folder, and after that.
    for _ in 0..2 {
        there.cargo(["clean", "--package", "beta", "--package", "e2e"]).run();
        assert!(cargo_builds(&there).contains(&"beta".to_owned()));
        let output = e2e(&here, "hello from beta");
        output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
}

/// Cargo alone compiles for none of these edits either.
#[test]
fn what_is_no_source_of_a_program_builds_nothing() {
    let project = project();
    project.create("beta/src/greeting_tests.rs", "#[test]\nfn passes() {}\n");
    project.append("beta/src/main.rs", "\n#[cfg(test)]\nmod greeting_tests;\n");
    e2e(&project, "hello from beta").exits(exit::SUCCESS);
    project.append("beta/src/greeting_tests.rs", "// edited\n");
    project.create("beta/tests/it.rs", "#[test]\nfn passes() {}\n");
    project.replace("beta/Cargo.toml", "port =", "needs = []\nport =");
    compiles_nothing(&project, "hello from beta");
}

/// Its sources are the same in all checkouts, but it looks for files in one of them.
#[test]
fn a_test_with_the_path_of_its_package_is_of_this_checkout() {
    let here = Project::new();
    let mut there = Project::new();
    there.share_target_of(&here);
    for checkout in [&here, &there] {
        let test = "assert_eq!(env!(\"CARGO_MANIFEST_DIR\"), variable(\"CARGO_MANIFEST_DIR\"));";
        checkout.add_test("is_of_its_package", test);
    }
    for checkout in [&here, &there, &here] {
        let output = checkout.xtask(["e2e", "alpha"]).run();
        output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
}
