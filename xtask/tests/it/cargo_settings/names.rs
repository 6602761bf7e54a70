//! Names that cargo allows and a network does not, and the lock file.

use crate::exit;
use crate::project::{Project, manifest};

/// Longer than the 63 characters of a DNS label.
const LONG: &str = "a-service-whose-package-has-a-name-that-is-too-long-for-the-names-in-a-network";

/// The fixture with another name for the package `beta`.
fn with_package(name: &str) -> Project {
    let project = Project::new();
    project.replace("beta/Cargo.toml", "name = \"beta\"", &format!("name = \"{name}\""));
    project.replace("Cargo.lock", "name = \"beta\"", &format!("name = \"{name}\""));
    project
}

#[test]
fn an_underscore_of_a_package_is_a_hyphen_of_its_service() {
    let project = with_package("beta_service");
    project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"beta-service\"]");
    project.replace("alpha/Cargo.toml", "{beta.url}", "{beta-service.url}");
    project.replace("tests/suites/alpha.rs", "ONETAG_BETA_IMAGE", "ONETAG_BETA_SERVICE_IMAGE");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says("localhost/beta-service:alpha-");
}

#[test]
fn a_key_gives_a_service_another_name_than_its_package() {
    for name in ["Beta", LONG] {
        let project = with_package(name);
        project.replace("beta/Cargo.toml", "port =", "name = \"beta\"\nport =");
        let output = project.xtask(["e2e", "alpha"]).run();
        output.exits(exit::SUCCESS).says("localhost/beta:alpha-");
    }
}

#[test]
fn a_package_whose_name_is_too_long_is_told_the_key() {
    let project = with_package(LONG);
    project.replace("alpha/Cargo.toml", "[\"beta\"]", &format!("[\"{LONG}\"]"));
    project.replace("alpha/Cargo.toml", "{beta.url}", &format!("{{{LONG}.url}}"));
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says("beta/Cargo.toml").says("name = ");
}

#[test]
fn two_services_of_one_name_are_refused() {
    let project = with_package("beta_service");
    project.replace("alpha/Cargo.toml", "needs = [\"beta\"]", "name = \"beta-service\"");
    project.replace("alpha/Cargo.toml", "{beta.url}", "none");
    let output = project.xtask(["e2e", "beta-service"]).run();
    output.is_refused_before_the_build().says("alpha/Cargo.toml").says("beta/Cargo.toml");
    output.says("beta-service");
}

/// Nobody typed `--locked`, so the hint is how to bring it up to date.
#[test]
fn a_lock_file_that_is_not_up_to_date_is_told_the_command() {
    let project = Project::new();
    project.create("gamma/Cargo.toml", &manifest("gamma", ""));
    project.create("gamma/src/lib.rs", "");
    project.replace("Cargo.toml", "\"beta\"", "\"beta\", \"gamma\"");
    let output = project.xtask(["e2e", "alpha"]).run();
    assert!(matches!(output.code(), Some(exit::FAILURE | exit::BUILD_FAILED)), "{output}");
    output.says("Cargo.lock").is_not_built();
    let hints = output.stderr.lines().filter_map(|line| line.trim_start().strip_prefix("hint: "));
    let hints = hints.collect::<Vec<_>>().join("\n");
    assert!(!hints.contains("--locked"), "{output}");
    let mut parts = hints.split(['`', '\n']);
    let command = parts.find(|part| part.starts_with("cargo "));
    let command = command.unwrap_or_else(|| panic!("no hint has a command:\n{output}"));
    // The command does what the hint promises.
    let arguments = command.split(' ').skip(1);
    project.cargo(arguments).env("CARGO_NET_OFFLINE", "true").run().exits(exit::SUCCESS);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
}
