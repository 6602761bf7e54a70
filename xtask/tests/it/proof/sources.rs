//! The bytes are of the sources as they are now, whatever their times say.

use super::place::Place;
use crate::exit;
use crate::project::{Output, Project};

/// Runs a suite that expects this greeting of `beta`.
fn run(project: &Project, verb: &str, greeting: &str) -> Output {
    project.xtask([verb, "alpha"]).env("EXPECTED", &format!("greeting={greeting}")).run()
}

/// An edit that cargo does not see reaches a new run, and is not overlooked by a
/// kept one, which is stale from then on.
#[track_caller]
fn an_edit_that_looks_old_is_built(place: Place) {
    let project = Project::new();
    project.add_test_of_about("beta", "EXPECTED");
    place.prepare(&project);
    run(&project, "e2e", "hello from beta").exits(exit::SUCCESS);

    project.replace(place.file(), "hello from beta", "hello again");
    project.date_back(place.file());
    run(&project, "e2e", "hello again").exits(exit::SUCCESS).says("4 tests run: 4 passed");

    project.up();
    run(&project, "test", "hello again").exits(exit::SUCCESS);
    project.replace(place.file(), "hello again", "hello at last");
    project.date_back(place.file());
    let output = run(&project, "test", "hello again");
    output.exits(exit::FAILURE).says("`beta`").says("cargo xtask up alpha");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    run(&project, "test", "hello at last").exits(exit::SUCCESS);
}

#[test]
fn a_service_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::Service);
}

#[test]
fn a_path_package_outside_of_the_workspace_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::PathPackageOutside);
}

#[test]
fn a_folder_that_a_build_script_reads_and_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::FolderOfBuildScript);
}

#[test]
fn a_folder_outside_of_the_package_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::FolderOutsideOfPackage);
}

#[test]
fn a_hidden_folder_that_a_build_script_reads_and_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::HiddenFolder);
}

#[test]
fn a_linked_folder_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::LinkedFolder);
}

#[test]
fn a_vendored_package_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::VendoredPackage);
}

#[test]
fn an_included_file_outside_of_the_package_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::IncludedFile);
}

#[test]
fn a_folder_that_a_macro_embeds_and_that_looks_old_is_built() {
    an_edit_that_looks_old_is_built(Place::EmbeddedFolder);
}

/// Cargo knows the files that were embedded, not the folder.
#[test]
fn a_new_file_in_a_folder_that_a_macro_embeds_is_built() {
    let project = Project::new();
    project.add_test_of_about("beta", "EXPECTED");
    Place::EmbeddedFolder.prepare(&project);
    run(&project, "e2e", "hello from beta").exits(exit::SUCCESS);
    project.create("beta/texts/later", " and more");
    run(&project, "e2e", "hello from beta and more").exits(exit::SUCCESS);
}

#[test]
fn a_suite_that_looks_old_is_built() {
    let project = Project::new();
    project.add_test("counts", "assert_eq!(1, 1);");
    project.up();
    for verb in ["e2e", "test"] {
        project.xtask([verb, "alpha"]).run().exits(exit::SUCCESS);
    }
    project.replace("tests/suites/alpha.rs", "assert_eq!(1, 1)", "assert_eq!(1, 2)");
    project.date_back("tests/suites/alpha.rs");
    for verb in ["test", "e2e"] {
        let output = project.xtask([verb, "alpha"]).run();
        output.exits(exit::TESTS_FAILED).says("4 tests run: 3 passed, 1 failed");
    }
}

/// What changes while cargo builds counts as changed the next time, even if it
/// looks old by then.
#[test]
fn an_edit_while_cargo_builds_is_built_by_the_next_run() {
    let project = Project::new();
    project.add_test_of_about("beta", "EXPECTED");
    let script = "#!/bin/sh
        cargo \"$@\"; code=$?
        if [ \"$1\" = build ] && [ -e edited.rs ]; then
            touch -d '2 days ago' edited.rs && mv edited.rs beta/src/main.rs
        fi
        exit $code\n";
    project.program("editing-cargo", script);
    let edited = project.read("beta/src/main.rs").replace("hello from beta", "hello again");
    project.write("edited.rs", &edited);
    let cargo = project.programs().join("editing-cargo");
    let first = project.directly(["e2e", "alpha"]).env("CARGO", cargo.as_str());
    first.env("EXPECTED", "greeting=hello from beta").run().exits(exit::SUCCESS);
    assert!(!project.path("edited.rs").exists());
    run(&project, "e2e", "hello again").exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

/// Cargo builds an edit that the harness has not read; what it made is of neither the
/// source before nor after, for this checkout and for a copy of it.
#[test]
fn an_edit_that_cargo_builds_and_that_is_taken_back_is_not_believed() {
    let project = Project::new();
    let mut copy = Project::new();
    copy.share_target_of(&project);
    for project in [&project, &copy] {
        project.add_test_of_about("beta", "EXPECTED");
    }
    let script = "#!/bin/sh
        if [ \"$1\" = build ] && [ -e edited.rs ]; then mv edited.rs beta/src/main.rs; fi
        exec cargo \"$@\"\n";
    project.program("editing-cargo", script);
    let cargo = project.programs().join("editing-cargo");
    let source = project.read("beta/src/main.rs");
    project.write("edited.rs", &source.replace("hello from beta", "hello again"));
    let first = project.directly(["e2e", "alpha"]).env("CARGO", cargo.as_str());
    first.env("EXPECTED", "greeting=hello again").run().exits(exit::SUCCESS);
    run(&copy, "e2e", "hello from beta").exits(exit::SUCCESS).says("4 tests run: 4 passed");

    project.write("beta/src/main.rs", &source);
    project.write("edited.rs", &source.replace("hello from beta", "hello once more"));
    let second = project.directly(["e2e", "alpha"]).env("CARGO", cargo.as_str());
    second.env("EXPECTED", "greeting=hello once more").run().exits(exit::SUCCESS);
    project.write("beta/src/main.rs", &source);
    project.date_back("beta/src/main.rs");
    run(&project, "e2e", "hello from beta").exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

/// Cargo builds a user of the library against the library as it was, and fails.
#[test]
fn a_library_that_looks_old_is_built_for_code_that_needs_the_edit() {
    let project = Project::new();
    let e2e = || project.xtask(["e2e", "alpha"]).run();
    e2e().exits(exit::SUCCESS);
    project.append("tiny/src/lib.rs", "\npub fn extra() {}\n");
    project.date_back("tiny/src/lib.rs");
    project.replace("alpha/src/main.rs", "fn main() {", "fn main() {\n    tiny::extra();");
    let output = e2e();
    output.exits(exit::SUCCESS).says("building `tiny` again: what cargo has is of other sources");

    // The same in the code of a suite, with two packages that look old: the call that
    // fails tells of one of them.
    project.append("tiny/src/lib.rs", "\npub fn more() {}\n");
    project.date_back("tiny/src/lib.rs");
    project.replace("beta/src/main.rs", "hello from beta", "hello again");
    project.date_back("beta/src/main.rs");
    project.add_test("calls_what_is_new", "tiny::more();");
    e2e().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

/// What does not compile is not built twice, and what did is not built again.
#[test]
fn an_error_in_the_code_is_no_reason_to_build_anything_again() {
    let project = Project::new();
    project.create("alpha/src/lib.rs", "pub fn unused() {}\n");
    project.create("alpha/greeting", "hello");
    project.replace(
        "alpha/src/main.rs",
        "fn main() {",
        "fn main() {\n    include_str!(\"../greeting\");",
    );
    let e2e = || project.xtask(["e2e", "alpha"]).run();
    e2e().exits(exit::SUCCESS);
    project.replace("alpha/src/main.rs", "fn main() {", "fn main() {\n    nowhere();");
    for _ in 0..2 {
        let output = e2e();
        output.exits(exit::BUILD_FAILED).does_not_say("overlooked");
    }
    project.replace("alpha/src/main.rs", "    nowhere();\n", "");
    assert_eq!(e2e().exits(exit::SUCCESS).compiled(), ["alpha"]);
}
