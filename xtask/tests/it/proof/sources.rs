//! The bytes are of the sources as they are now, whatever their times say.

use crate::exit;
use crate::project::{Output, Project, manifest};

/// A macro that puts the files of a folder of the calling package into the
/// program, as `include_dir` does.
const EMBED: &str = r#"
use proc_macro::TokenStream;

#[proc_macro]
pub fn embed(folder: TokenStream) -> TokenStream {
    let folder = folder.to_string();
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let entries = std::fs::read_dir(format!("{package}/{}", folder.trim_matches('"'))).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files: String = paths.iter().map(|path| format!("include_str!({path:?}),")).collect();
    format!("concat!({files})").parse().unwrap()
}
"#;

/// A build script that hands the files of a folder to the program.
const BUILD_SCRIPT: &str = r#"
fn main() {
    println!("cargo::rerun-if-changed=FOLDER");
    let entries = std::fs::read_dir("FOLDER").unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text: String = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    println!("cargo::rustc-env=GREETING={text}");
}
"#;

const GREETING: &str = "const GREETING: &str = \"hello from beta\";";

/// The places in which the greeting of `beta` can stand, each with the file to
/// edit.
#[derive(Clone, Copy)]
enum Place {
    Service,
    PathPackageOutside,
    FolderOfBuildScript,
    FolderOutsideOfPackage,
    IncludedFile,
    EmbeddedFolder,
}

impl Place {
    /// Moves the greeting there.
    fn prepare(self, project: &Project) {
        match self {
            Place::Service => {}
            Place::PathPackageOutside => {
                project.create("../words/Cargo.toml", &manifest("words", ""));
                project.create("../words/src/lib.rs", &format!("pub {GREETING}\n"));
                project.append("Cargo.toml", "exclude = [\"../words\"]\n");
                let dependency = "[dependencies]\nwords = { path = \"../../words\" }\n";
                project.replace("beta/Cargo.toml", "[dependencies]\n", dependency);
                project.replace("beta/src/main.rs", GREETING, "use words::GREETING;");
            }
            Place::FolderOfBuildScript | Place::FolderOutsideOfPackage => {
                project.create(self.file(), "hello from beta");
                let folder = match self {
                    Place::FolderOutsideOfPackage => "../shared/texts",
                    _ => "texts",
                };
                project.create("beta/build.rs", &BUILD_SCRIPT.replace("FOLDER", folder));
                let greeting = "const GREETING: &str = env!(\"GREETING\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
            Place::IncludedFile => {
                project.create(self.file(), "hello from beta");
                let greeting = "const GREETING: &str = include_str!(\"../../shared/greeting\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
            Place::EmbeddedFolder => {
                project.create(self.file(), "hello from beta");
                project
                    .create("embed/Cargo.toml", &manifest("embed", "[lib]\nproc-macro = true\n"));
                project.create("embed/src/lib.rs", EMBED);
                project.replace("Cargo.toml", "\"beta\"", "\"beta\", \"embed\"");
                let dependency = "[dependencies]\nembed = { path = \"../embed\" }\n";
                project.replace("beta/Cargo.toml", "[dependencies]\n", dependency);
                let greeting = "const GREETING: &str = embed::embed!(\"texts\");";
                project.replace("beta/src/main.rs", GREETING, greeting);
            }
        }
        project.update_lock_file();
    }

    fn file(self) -> &'static str {
        match self {
            Place::Service => "beta/src/main.rs",
            Place::PathPackageOutside => "../words/src/lib.rs",
            Place::FolderOfBuildScript | Place::EmbeddedFolder => "beta/texts/greeting",
            Place::FolderOutsideOfPackage => "shared/texts/greeting",
            Place::IncludedFile => "shared/greeting",
        }
    }
}

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
    output.exits(exit::SUCCESS).says("building `tiny` again: cargo overlooked other sources");

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
