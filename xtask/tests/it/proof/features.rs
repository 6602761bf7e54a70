//! The bytes are what ships: what only tests switch on does not reach a service,
//! and a service's bytes are the same for every selection of suites.

use std::collections::BTreeSet;

use crate::exit;
use crate::project::Project;

/// A workspace whose library `tiny` has a feature, and whose services say in
/// `/about` whether they have it.
fn with_a_feature() -> Project {
    let project = Project::new();
    project.append("tiny/Cargo.toml", "\n[features]\nloud = []\n");
    let constant =
        "\n/// Whether the feature is there.\npub const LOUD: bool = cfg!(feature = \"loud\");\n";
    project.append("tiny/src/lib.rs", constant);
    project.replace("tiny/src/lib.rs", "name={name}\\n", "name={name}\\nloud={LOUD}\\n");
    project
}

const QUIET: &str = r#"
    assert!(tiny::LOUD);
    for service in ["ALPHA", "BETA"] {
        let url = std::env::var(format!("ONETAG_{service}_URL")).unwrap();
        let about = tiny::get(&url, "/about").unwrap();
        assert!(about.contains("loud=false\n"), "{about}");
    }
"#;

const LOUD: &str = "tiny = { path = \"../tiny\", features = [\"loud\"] }\n";

#[test]
fn a_dependency_of_the_tests_switches_nothing_on_in_a_service() {
    let project = with_a_feature();
    project.replace("tests/Cargo.toml", "tiny = { path = \"../tiny\" }\n", LOUD);
    project.add_test("services_are_quiet", QUIET);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

#[test]
fn a_dev_dependency_of_the_tests_switches_nothing_on_in_a_service() {
    let project = with_a_feature();
    let dependencies = "[dependencies]\ntiny = { path = \"../tiny\" }\n";
    let dev_dependencies = format!("[dev-dependencies]\n{LOUD}");
    project.replace("tests/Cargo.toml", dependencies, &dev_dependencies);
    project.add_test("services_are_quiet", QUIET);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

/// Cargo builds the program once more for the tests of its own package, with the
/// features of their dependencies, and to the same path.
#[test]
fn a_suite_in_the_service_s_own_package_switches_nothing_on_in_it() {
    let project = with_a_feature();
    project.allow_suites_in_all_packages();
    project.append(
        "alpha/Cargo.toml",
        &format!("tests = [\"alpha::api\"]\n\n[dev-dependencies]\n{LOUD}"),
    );
    project
        .create("alpha/tests/api.rs", &format!("#[test]\nfn services_are_quiet() {{{QUIET}}}\n"));
    let e2e = || project.xtask(["e2e", "alpha"]).run();
    e2e().exits(exit::SUCCESS).says("1 test run: 1 passed");
    // Also when cargo has built the loud one last.
    project.cargo(["test", "--no-run", "--package", "alpha"]).run().exits(exit::SUCCESS);
    e2e().exits(exit::SUCCESS).says("1 test run: 1 passed");
    let programs = project.finished().into_iter().map(|run| run.executable("alpha"));
    assert_eq!(programs.collect::<BTreeSet<_>>().len(), 1);
}

#[test]
fn the_bytes_of_a_service_are_the_same_for_every_selection_of_suites() {
    let project = with_a_feature();
    // One service switches the feature on, the tests another one.
    project.replace("alpha/Cargo.toml", "tiny = { path = \"../tiny\" }\n", LOUD);
    project.append("tiny/Cargo.toml", "tested = []\n");
    project.append(
        "tests/Cargo.toml",
        "\n[dev-dependencies]\ntiny = { path = \"../tiny\", features = [\"tested\"] }\n",
    );
    project.add_suite_of_beta("#[test]\nfn passes() {}\n");
    for suites in [&["alpha"][..], &["beta"], &["alpha", "beta"], &["beta"], &["alpha"]] {
        let command = project.xtask(["e2e"]).args(suites.iter().copied());
        command.run().exits(exit::SUCCESS);
    }
    let runs = project.finished();
    assert_eq!(runs.len(), 6);
    let programs: BTreeSet<String> = runs.iter().map(|run| run.executable("beta")).collect();
    assert_eq!(programs.len(), 1, "{programs:?}");
}
