//! Keys of the metadata that need no service of their own kind.

use crate::exit;
use crate::project::Project;

#[test]
fn further_ports_have_names() {
    let project = Project::new();
    project.append("beta/Cargo.toml", "ports.grpc = 9090\n");
    project.replace(
        "beta/Cargo.toml",
        "env = {",
        "env = { GRPC_ADDR = \"{self.grpc.listen}\", GRPC_PORT = \"{self.grpc.port}\",",
    );
    let addresses = "env = { GRPC = \"{beta.grpc.url} http://{beta.grpc.host}:{beta.grpc.port}\",";
    project.replace("alpha/Cargo.toml", "env = {", addresses);
    project.beta_begins_with(
        "let address = std::env::var(\"GRPC_ADDR\").unwrap();
         assert!(address.ends_with(&format!(\":{}\", std::env::var(\"GRPC_PORT\").unwrap())));
         let listener = std::net::TcpListener::bind(address).unwrap();
         std::thread::spawn(move || listener.incoming().flatten().for_each(drop));",
    );
    let path = "\"/grpc\" => std::env::var(\"GRPC\").ok(),\n        \"/beta\"";
    project.replace("alpha/src/main.rs", "\"/beta\"", path);
    project.add_test(
        "the_further_port_is_open",
        "let url = variable(\"ONETAG_BETA_GRPC_URL\");
         assert_ne!(url, variable(\"ONETAG_BETA_URL\"));
         std::net::TcpStream::connect(url.strip_prefix(\"http://\").unwrap()).unwrap();
         let internal = variable(\"ONETAG_BETA_GRPC_INTERNAL_URL\");
         let seen = get(&variable(\"ONETAG_ALPHA_URL\"), \"/grpc\").unwrap();
         assert_eq!(seen, format!(\"{internal} {internal}\"));",
    );
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

/// Service `beta` with port `grpc`, and service `beta-grpc`.
#[test]
fn two_names_of_one_variable_are_refused() {
    let project = Project::new();
    project.append("beta/Cargo.toml", "ports.grpc = 9090\n");
    let metadata = r#"
[package.metadata.onetag]
name = "beta-grpc"
port = 8080
ready = "/ready"
"#;
    project.append("tiny/Cargo.toml", metadata);
    project.create("tiny/src/main.rs", "fn main() {}\n");
    project.append("alpha/Cargo.toml", "needs = [\"beta-grpc\"]\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says("beta/Cargo.toml").says("tiny/Cargo.toml");
    output.says("ONETAG_BETA_GRPC_");
}

#[test]
fn integers_and_booleans_are_written_as_they_are() {
    let project = Project::new();
    project.replace(
        "beta/Cargo.toml",
        "env = {",
        "env = { WORKERS = 4, OFFSET = -1, VERBOSE = true, QUIET = false,",
    );
    project.beta_begins_with(
        "let keys = [\"WORKERS\", \"OFFSET\", \"VERBOSE\", \"QUIET\"];
         let values = keys.map(|key| std::env::var(key).unwrap());
         assert_eq!(values, [\"5\", \"-1\", \"true\", \"false\"]);",
    );
    project.append("alpha/Cargo.toml", "env.beta = { WORKERS = 5, OFFSET = -1 }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn the_package_that_holds_the_suites_is_named_by_the_workspace() {
    let project = Project::new();
    project.append("Cargo.toml", "\n[workspace.metadata.onetag]\ntests = \"acceptance\"\n");
    for file in ["tests/Cargo.toml", "Cargo.lock"] {
        project.replace(file, "name = \"e2e\"", "name = \"acceptance\"");
    }
    for (from, to) in [("package(e2e)", "package(acceptance)"), ("e2e::alpha", "acceptance::alpha")]
    {
        project.replace(".config/nextest.toml", from, to);
    }
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// A filter narrows the binaries of a suite, and adds none.
#[test]
fn a_filter_narrows_the_binaries_of_a_suite() {
    let project = Project::new();
    project.allow_suites_in_all_packages();
    project
        .create("alpha/tests/api.rs", "#[test]\nfn passes() {}\n#[test]\nfn slow() { panic!() }\n");
    let keys = "tests = [\"alpha::api\"]\nfilter = \"not test(slow) | binary_id(e2e::alpha)\"\n";
    project.append("alpha/Cargo.toml", keys);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("1 test run: 1 passed");
}

#[test]
fn a_suite_of_a_binary_that_does_not_exist_is_told_what_comes_close() {
    let project = Project::new();
    project.append("alpha/Cargo.toml", "tests = [\"e2e::alhpa\"]\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    assert_ne!(output.code(), Some(exit::SUCCESS), "{output}");
    output.is_not_built().says("alpha/Cargo.toml").says("e2e::alhpa").says("e2e::alpha");
}
