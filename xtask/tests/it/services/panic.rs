//! Services that die, and what is shown of it.

use crate::exit;
use crate::project::Project;

/// Panics with many frames above it.
const PANICS: &str = "
    #[inline(never)]
    fn deeper(left: u32) -> u32 {
        if left == 0 { panic!(\"the cause of all\") }
        std::hint::black_box(deeper(left - 1) + 1)
    }
    eprintln!(\"before the panic\");
    deeper(60);";

#[test]
fn a_panic_is_shown_by_its_own_line() {
    let project = Project::new();
    project.beta_begins_with(PANICS);
    let output = project.xtask(["e2e", "alpha"]).env("RUST_BACKTRACE", "1").run();
    output.exits(exit::FAILURE).says("`beta` ended with code 101 before it was ready");
    output.says("panicked at beta/src/main.rs").says("the cause of all").says("before the panic");
    output.does_not_say("beta::main::deeper");
    let log = project.finished_run().read("logs/beta.log");
    assert!(log.contains("beta::main::deeper"), "{log}");
}

#[test]
fn a_service_that_dies_during_the_tests_is_named_with_its_last_lines() {
    let project = Project::new();
    let dies = "\"/die\" => { eprintln!(\"famous last words\"); std::process::exit(7) }
        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", dies);
    project.add_test("beta_dies", "let _ = get(&variable(\"ONETAG_BETA_URL\"), \"/die\");");
    let run = |name: &str| {
        let filter = format!("test({name})");
        project.xtask(["e2e", "alpha", "--", "-E", &filter]).run()
    };
    let output = run("beta_dies");
    output.exits(exit::FAILURE).says("service `beta` ended with code 7 while the tests ran");
    output.says("famous last words");

    // The same where the tests notice.
    project.add_test(
        "beta_is_missed",
        "let beta = variable(\"ONETAG_BETA_URL\");
         let _ = get(&beta, \"/die\");
         get(&beta, \"/ready\").unwrap();",
    );
    let output = run("beta_is_missed");
    output.exits(exit::TESTS_FAILED).says("service `beta` ended with code 7");
    output.says("famous last words");
}
