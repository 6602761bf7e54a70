//! Packages with several binaries, and binaries behind features.

use crate::exit;
use crate::project::Project;

#[test]
fn the_default_binary_of_a_package_is_the_service() {
    let project = Project::new();
    project.replace("alpha/Cargo.toml", "edition =", "default-run = \"alpha\"\nedition =");
    project.create("alpha/src/bin/other.rs", "fn main() { panic!(\"the wrong program\") }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn a_key_names_the_binary_of_a_package_with_several() {
    let project = Project::new();
    project.replace("alpha/Cargo.toml", "needs =", "bin = \"server\"\nneeds =");
    project.append("alpha/Cargo.toml", "\n[[bin]]\nname = \"server\"\npath = \"src/main.rs\"\n");
    project.create("alpha/src/bin/other.rs", "fn main() { panic!(\"the wrong program\") }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// Both calls of cargo get them: the second one builds the tests of the package,
/// and its program once more.
#[test]
fn a_service_is_built_with_its_features() {
    let project = Project::new();
    project.allow_suites_in_all_packages();
    let target = "\n[features]\nserver = []\n\n[[bin]]\nname = \"alpha\"\npath = \"src/main.rs\"\n";
    project.append("alpha/Cargo.toml", "tests = [\"alpha::api\", \"e2e::alpha\"]\n");
    project.append("alpha/Cargo.toml", &format!("{target}required-features = [\"server\"]\n"));
    project.replace("alpha/Cargo.toml", "needs =", "features = [\"server\"]\nneeds =");
    let test = "#[test]\nfn has_the_feature() { assert!(cfg!(feature = \"server\")); }\n";
    project.create("alpha/tests/api.rs", test);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

#[test]
fn default_features_are_switched_off_by_a_key() {
    let project = Project::new();
    project.append(
        "beta/Cargo.toml",
        "default-features = false\n\n[features]\ndefault = [\"greets\"]\ngreets = []\n",
    );
    let greeting = "if cfg!(feature = \"greets\") { \"hello from beta\" } else { \"silence\" }";
    project.replace("beta/src/main.rs", "\"hello from beta\"", greeting);
    project.add_test_of_about("beta", "EXPECTED");
    let command = project.xtask(["e2e", "alpha"]).env("EXPECTED", "greeting=silence");
    command.run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}
