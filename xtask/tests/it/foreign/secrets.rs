//! Variables of whoever calls, that a service gets and nobody else.

use camino::Utf8Path;

use crate::exit;
use crate::project::{Output, Project};

const TOKEN: &str = "s3cr3t-of-the-caller";

/// A workspace in which `beta` wants a secret.
fn project() -> Project {
    let project = Project::new();
    project.replace("beta/Cargo.toml", "env = {", "env = { TOKEN = \"{host.BETA_TOKEN}\",");
    let path = "\"/token\" => std::env::var(\"TOKEN\").ok(),\n        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", path);
    project
}

fn run(project: &Project, verb: &str, token: &str) -> Output {
    project.xtask([verb, "alpha"]).env("BETA_TOKEN", token).run()
}

/// The files below a folder that contain a text.
fn files_with(folder: &Utf8Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(files_with(entry.path(), text)),
            kind if kind.is_file() => {
                let bytes = std::fs::read(entry.path()).unwrap();
                let has_it = String::from_utf8_lossy(&bytes).contains(text);
                found.extend(has_it.then(|| entry.path().to_string()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_variable_of_the_caller_is_written_nowhere() {
    let project = project();
    let up = run(&project, "up", TOKEN);
    up.exits(exit::SUCCESS).does_not_say(TOKEN);
    assert_eq!(project.kept_run().get("beta", "/token"), TOKEN);
    let test = run(&project, "test", TOKEN);
    test.exits(exit::SUCCESS).does_not_say(TOKEN);
    assert_eq!(files_with(&project.onetag(), TOKEN), [""; 0]);
    assert!(!files_with(&project.onetag(), "BETA_TOKEN").is_empty());

    // A run that fails collects diagnostics.
    project.add_test("fails", "panic!(\"on purpose\");");
    let output = project.xtask(["e2e", "alpha", "--format", "json"]).env("BETA_TOKEN", TOKEN).run();
    output.exits(exit::TESTS_FAILED).does_not_say(TOKEN);
    assert!(!output.stdout.contains(TOKEN), "{output}");
    assert_eq!(files_with(&project.onetag(), TOKEN), [""; 0]);
}

#[test]
fn a_service_is_replaced_where_the_variable_differs() {
    let project = project();
    run(&project, "up", TOKEN).exits(exit::SUCCESS);
    run(&project, "up", TOKEN).exits(exit::SUCCESS);
    assert_eq!(project.kept_run().get("beta", "/starts"), "x");
    let output = run(&project, "test", "another");
    output
        .exits(exit::FAILURE)
        .says("the kept run is stale: `beta` gets another value of the variable `BETA_TOKEN` now");
    run(&project, "up", "another").exits(exit::SUCCESS);
    let kept = project.kept_run();
    assert_eq!(
        (kept.get("beta", "/starts").as_str(), kept.get("beta", "/token").as_str()),
        ("xx", "another")
    );
}

#[test]
fn a_variable_that_the_caller_does_not_have_is_named() {
    let project = project();
    run(&project, "e2e", TOKEN).exits(exit::SUCCESS);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says("BETA_TOKEN").says("beta/Cargo.toml");
}

/// Anybody can read arguments.
#[test]
fn a_variable_of_the_caller_is_no_argument() {
    let project = project();
    run(&project, "e2e", TOKEN).exits(exit::SUCCESS);
    project.replace("beta/Cargo.toml", "port =", "args = [\"{host.BETA_TOKEN}\"]\nport =");
    let output = run(&project, "e2e", TOKEN);
    output.is_refused_before_the_build().says("beta/Cargo.toml").says("args");
}
