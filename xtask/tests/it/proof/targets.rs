//! Target folders with a history: what others built in them is not believed, and
//! nothing is compiled that cargo alone would not compile.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use super::place::Place;
use crate::exit;
use crate::project::{Output, Project};

/// Runs a suite that expects this greeting of `beta`.
fn e2e(project: &Project, greeting: &str) -> Output {
    let command = project.xtask(["e2e", "alpha"]);
    command.env("EXPECTED", &format!("greeting={greeting}")).run()
}

fn project() -> Project {
    let project = Project::unbuilt();
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

/// The same with what the harness remembers; archives keep whole seconds.
#[test]
fn a_target_folder_that_was_unpacked_is_not_built_again() {
    let project = project();
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    let date_back = || {
        run(Command::new("find").arg(project.path(".")).args([
            "-name",
            "*.rs",
            "-exec",
            "touch",
            "-d",
            "2 days ago",
            "{}",
            "+",
        ]));
    };
    // Cargo would build what is of the second in which its source was written.
    date_back();
    e2e(&project, "hello from beta").exits(exit::SUCCESS);
    let archive = project.temp_path().join("target.tar");
    let target = project.target();
    let parent = target.parent().unwrap();
    let name = target.file_name().unwrap();
    let tar = |verb: &str| {
        let mut tar = Command::new("tar");
        tar.args(["--format", "ustar", "-C", parent.as_str(), verb, archive.as_str()]);
        tar
    };
    run(tar("-cf").arg(name));
    std::fs::remove_dir_all(target).unwrap();
    run(&mut tar("-xf"));
    // Unpacked later than what was built of it, so that only the memory knows.
    date_back();
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
    let here = Project::unbuilt();
    let mut there = Project::unbuilt();
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

/// Two checkouts with one target folder; with this build script of `beta`.
fn two_checkouts(script: &str) -> [Project; 2] {
    let here = project();
    let mut there = project();
    there.share_target_of(&here);
    for checkout in [&here, &there] {
        checkout.create("beta/build.rs", script);
        checkout.date_back("beta/build.rs");
    }
    [here, there]
}

const SAYS_ITS_PATH: &str = r#"
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=GREETING={}", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo:rustc-env=OUT={}", std::env::var("OUT_DIR").unwrap());
}
"#;

/// Its sources are the same in all checkouts.
#[test]
fn a_path_that_a_build_script_gives_to_a_program_is_of_this_checkout() {
    let checkouts = two_checkouts(SAYS_ITS_PATH);
    for checkout in &checkouts {
        let greeting = "const GREETING: &str = \"hello from beta\";";
        let is_given = "const GREETING: &str = env!(\"GREETING\");";
        checkout.replace("beta/src/main.rs", greeting, is_given);
        checkout.date_back("beta/src/main.rs");
    }
    let [here, there] = &checkouts;
    for checkout in [here, there, here] {
        e2e(checkout, checkout.path("beta").as_str()).exits(exit::SUCCESS);
    }
    compiles_nothing(here, here.path("beta").as_str());
    // Cargo builds the program, but does not run the script.
    there.append("beta/src/main.rs", "// edited\n");
    e2e(there, there.path("beta").as_str()).exits(exit::SUCCESS);
}

/// The script that cargo takes for fresh fails for all checkouts but its own.
#[test]
fn a_build_script_of_another_checkout_that_fails_is_built_again() {
    let script = "fn main() {
        println!(\"cargo:rerun-if-changed=name\");
        assert_eq!(std::fs::read_to_string(\"name\").unwrap(), \"here\");
    }\n";
    let [here, there] = two_checkouts(script);
    there.replace("beta/build.rs", "here", "there");
    there.date_back("beta/build.rs");
    here.create("beta/name", "here");
    there.create("beta/name", "there");
    for checkout in [&here, &there, &here] {
        let name = checkout.path("beta/name");
        let touch = Command::new("touch").arg(name).status();
        assert!(touch.unwrap().success());
        e2e(checkout, "hello from beta").exits(exit::SUCCESS);
    }
}

/// Cargo takes the code that the script of another checkout made for this one's.
#[test]
fn code_that_a_build_script_of_another_checkout_made_is_made_again() {
    let script = "fn main() {
        println!(\"cargo:rerun-if-changed=code\");
        let made = std::path::Path::new(&std::env::var(\"OUT_DIR\").unwrap()).join(\"code.rs\");
        std::fs::copy(\"code\", made).unwrap();
    }\n";
    let checkouts = two_checkouts(script);
    for (checkout, name) in checkouts.iter().zip(["HERE", "THERE"]) {
        checkout.create("beta/code", &format!("pub const {name}: &str = \"hello from beta\";\n"));
        checkout.date_back("beta/code");
        let code = "include!(concat!(env!(\"OUT_DIR\"), \"/code.rs\"));";
        let greeting = "const GREETING: &str = \"hello from beta\";";
        checkout.replace("beta/src/main.rs", greeting, code);
        checkout.replace("beta/src/main.rs", "GREETING,", &format!("{name},"));
    }
    let [here, there] = &checkouts;
    for checkout in [here, there, here] {
        checkout.append("beta/src/main.rs", "// edited\n");
        e2e(checkout, "hello from beta").exits(exit::SUCCESS);
    }
    // By cargo alone, which runs the script and does not build it.
    there.append("beta/code", "// edited\n");
    there.cargo(["build", "--package", "beta"]).run().exits(exit::SUCCESS);
    here.append("beta/src/main.rs", "// edited\n");
    e2e(here, "hello from beta").exits(exit::SUCCESS);
}

/// Cargo runs the build script again, and rightly finds its program fresh.
#[test]
fn what_a_build_script_reads_is_built_once() {
    let project = Project::unbuilt();
    let file = Place::FolderOfBuildScript.file();
    Place::FolderOfBuildScript.prepare(&project);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.replace(file, "hello from beta", "hello again");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).does_not_say("building `");
    assert_eq!(output.compiled(), ["beta"]);
    // Cargo compiles it, and nothing is left for the harness.
    project.replace(file, "hello again", "hello at last");
    project.cargo(["build", "--package", "beta"]).run().exits(exit::SUCCESS);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).does_not_say("building `");
}

/// Code of suites is no source of the library beside them, whichever are built.
#[test]
fn another_selection_of_suites_builds_nothing_again() {
    let project = Project::unbuilt();
    project.create("tests/src/lib.rs", "");
    project.create("tests/suites/beta.rs", "#[test]\nfn passes() {}\n");
    project.append("tests/Cargo.toml", "\n[[test]]\nname = \"beta\"\npath = \"suites/beta.rs\"\n");
    project.append("beta/Cargo.toml", "\n[package.metadata.onetag.suite]\n");
    for suites in [&["alpha"][..], &["alpha", "beta"], &["beta"], &["alpha"]] {
        let output = project.xtask(["e2e"]).args(suites.iter().copied()).run();
        output.exits(exit::SUCCESS).does_not_say("building `");
    }
}

/// Cargo alone compiles each edit once.
#[test]
fn a_build_script_that_names_no_file_is_no_reason_to_build_again() {
    let variable = r#"println!("cargo:rerun-if-env-changed=NO_SUCH_VARIABLE");"#;
    for says in [variable, ""] {
        let project = project();
        project.create("beta/build.rs", &format!("fn main() {{ {says} }}\n"));
        project.create("beta/notes.txt", "notes");
        cargo_builds(&project);
        e2e(&project, "hello from beta").exits(exit::SUCCESS);
        for (from, to) in [("from beta", "again"), ("again", "at last")] {
            project.replace("beta/src/main.rs", &format!("hello {from}"), &format!("hello {to}"));
            let output = e2e(&project, &format!("hello {to}"));
            output.exits(exit::SUCCESS).does_not_say("building `");
            assert_eq!(output.compiled(), ["beta"], "{says:?}: {output}");
        }
        // Cargo alone, and nothing is left for the harness.
        project.replace("beta/src/main.rs", "hello at last", "hello from cargo");
        assert_eq!(cargo_builds(&project), ["beta"]);
        compiles_nothing(&project, "hello from cargo");
        if says.is_empty() {
            project.write("beta/notes.txt", "other notes");
            assert_eq!(cargo_builds(&project), ["beta"]);
            compiles_nothing(&project, "hello from cargo");
        }
    }
}
