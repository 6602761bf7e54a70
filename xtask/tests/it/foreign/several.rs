//! Several services of one package.

use crate::exit;
use crate::project::Project;

/// A workspace whose package `alpha` has both programs and both services.
fn in_one_package() -> Project {
    let project = Project::new();
    let manifest = |file: &str| {
        let text = project.read(file);
        let metadata = text.find("[package.metadata.onetag]").unwrap();
        (text[..metadata].to_owned(), text[metadata..].to_owned())
    };
    let ((package, alpha), (other, beta)) =
        (manifest("alpha/Cargo.toml"), manifest("beta/Cargo.toml"));
    let services = [(alpha, "alpha"), (beta, "beta")].map(|(metadata, name)| {
        let table = format!("metadata.onetag.services.{name}");
        let metadata = metadata.replace("metadata.onetag", &table);
        metadata.replace("\nport =", &format!("\nbin = \"{name}\"\nport ="))
    });
    project.write("alpha/Cargo.toml", &format!("{package}{}\n{}", services[0], services[1]));
    project.write("beta/Cargo.toml", &other);
    project.create("alpha/src/bin/beta.rs", &project.read("beta/src/main.rs"));
    project.write("beta/src/main.rs", "fn main() { panic!(\"the wrong program\") }\n");
    project
}

#[test]
fn one_package_has_several_services() {
    let project = in_one_package();
    project.add_test_of_about("beta", "EXPECTED");
    let e2e = |greeting: &str| {
        let command = project.xtask(["e2e", "alpha"]);
        command.env("EXPECTED", &format!("greeting={greeting}")).run()
    };
    e2e("hello from beta").exits(exit::SUCCESS).says("4 tests run: 4 passed");
    project.replace("alpha/src/bin/beta.rs", "hello from beta", "hello again");
    e2e("hello again").exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

#[test]
fn one_package_has_several_services_or_one() {
    let project = in_one_package();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let flat = "[package.metadata.onetag]\nport = 8080\n\n[package.metadata.onetag.services.beta]";
    project.replace("alpha/Cargo.toml", "[package.metadata.onetag.services.beta]", flat);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says("alpha/Cargo.toml").says("services");
}

/// Cargo builds a package once, with one set of features.
#[test]
fn services_of_one_package_with_different_features_are_refused() {
    let project = in_one_package();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.append("alpha/Cargo.toml", "\n[features]\nloud = []\n");
    project.replace("alpha/Cargo.toml", "bin = \"beta\"", "bin = \"beta\"\nfeatures = [\"loud\"]");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says("alpha/Cargo.toml").says("features");
    output.says("alpha").says("beta");
}
