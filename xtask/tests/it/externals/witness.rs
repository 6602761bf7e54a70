//! What runs is the program that was there when the run began.

use crate::exit;

use super::fixture::with_helper;

const WAITS: &str = "fn main() { loop { std::thread::park() } }";

/// Puts another program in the place of `helper`, as a package manager does.
const REPLACES: &str = "
    let helper = std::env::var(\"HELPER\").unwrap();
    std::fs::copy(\"/bin/sleep\", format!(\"{helper}.new\")).unwrap();
    std::fs::rename(format!(\"{helper}.new\"), helper).unwrap();
";

#[test]
fn a_program_that_is_replaced_before_it_starts_is_refused() {
    let project = with_helper("env = { HELPER = \"{host.HELPER}\" }", WAITS);
    // It starts before `alpha`, and `beta` starts at the same time: so `helper` needs it.
    project.replace(
        "Cargo.toml",
        "program = \"helper\"",
        "program = \"helper\"\nneeds = [\"beta\"]\nargs = [\"1000\"]",
    );
    project.replace("beta/Cargo.toml", "env = {", "env = { HELPER = \"{host.HELPER}\",");
    project.beta_begins_with(REPLACES);
    let helper = project.programs().join("helper");
    let output = project.xtask(["e2e", "alpha"]).env("HELPER", helper.as_str()).run();
    output.exits(exit::FAILURE).does_not_say("Nextest run ID");
    insta::assert_snapshot!(output.error(), @r"
    error: phase witness failed
      because: the witness refuses this run
      because: `helper-0` runs sha256:[digest], and not [temp]/programs/helper as it was when the run began: sha256:[digest]
    hint: something replaced [temp]/programs/helper; run the command again
    ");
}

#[test]
fn a_program_that_tests_replace_is_refused_after_them() {
    let project = with_helper("args = [\"1000\"]", WAITS);
    project.add_test(
        "replaces_and_restarts",
        &format!(
            "{REPLACES}
             use std::io::{{BufRead, BufReader, Write}};
             std::env::set_current_dir(variable(\"ONETAG_RUN_DIR\")).unwrap();
             let mut keeper = std::os::unix::net::UnixStream::connect(\"keeper.sock\").unwrap();
             writeln!(keeper, r#\"{{{{\"protocol\":3,\"number\":1,\"control\":\"restart\",\"target\":\"helper\"}}}}\"#).unwrap();
             let mut answer = String::new();
             BufReader::new(&keeper).read_line(&mut answer).unwrap();
             assert!(answer.contains(\"done\"), \"{{answer}}\");",
        ),
    );
    let helper = project.programs().join("helper");
    let output = project.xtask(["e2e", "alpha"]).env("HELPER", helper.as_str()).run();
    output.exits(exit::FAILURE).says("4 tests run: 4 passed");
    output.says("because: after the tests").says("`helper-0` runs sha256:");
}
