//! The bytes are this service's: programs and test binaries are told apart by
//! their packages, never by their names alone.

use crate::exit;
use crate::project::Project;

#[test]
fn two_services_whose_programs_share_a_path_are_refused_before_the_build() {
    let project = Project::new();
    let server = "\n[[bin]]\nname = \"server\"\npath = \"src/main.rs\"\n";
    for manifest in ["alpha/Cargo.toml", "beta/Cargo.toml"] {
        project.append(manifest, server);
    }
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build();
    let error = output.error();
    for word in ["alpha", "beta", "server"] {
        assert!(error.contains(word), "{word} is not in the error:\n{output}");
    }
}

#[test]
fn a_program_of_a_service_s_name_in_another_package_is_not_built() {
    let project = Project::new();
    project.create("tiny/src/bin/beta.rs", "compile_error!(\"no service needs this\");\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn a_test_of_a_suite_s_name_in_another_package_is_not_built() {
    let project = Project::new();
    project.create("tiny/tests/alpha.rs", "compile_error!(\"no suite needs this\");\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn a_test_of_a_suite_s_name_that_wants_features_is_not_required() {
    let project = Project::new();
    let target = "\n[features]\nextra = []\n\n[[test]]\nname = \"alpha\"\n";
    project.append("beta/Cargo.toml", &format!("{target}required-features = [\"extra\"]\n"));
    project.create("beta/tests/alpha.rs", "#[test]\nfn is_not_of_the_suite() { panic!() }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// Both can be built: they lie under names with a hash.
#[test]
fn a_test_of_a_suite_s_name_in_another_package_is_not_run() {
    let project = Project::new();
    project.allow_suites_in_all_packages();
    project.create("beta/tests/alpha.rs", "#[test]\nfn is_not_of_the_suite() { panic!() }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    assert_eq!(project.finished_run().passed(), 3);
}

/// The suite names its binary: only the other package's is run.
#[test]
fn a_suite_names_the_package_of_its_binary() {
    let project = Project::new();
    project.allow_suites_in_all_packages();
    project.append("alpha/Cargo.toml", "tests = [\"beta::alpha\"]\n");
    let test = "#[test]\nfn has_a_run() { std::env::var(\"ONETAG_ALPHA_URL\").unwrap(); }\n";
    project.create("beta/tests/alpha.rs", test);
    project.write("tests/suites/alpha.rs", "#[test]\nfn is_not_of_the_suite() { panic!() }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("1 test run: 1 passed");
}
