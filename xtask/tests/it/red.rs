//! Runs that end red, and suites without tests.

use crate::exit;
use crate::project::{Output, Project};

#[test]
fn a_red_test_is_told_with_its_logs() {
    let project = Project::new();
    project.add_test("red", "panic!(\"red on purpose\");");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::TESTS_FAILED).says("red on purpose").says("1 of 4 tests failed");

    let run = project.finished_run();
    assert_eq!(run.json("report.json")["tests"]["failed"], 1);
    assert_eq!(run.read("diagnostics/cause.txt"), "tests failed\n");
    assert!(run.read("diagnostics/logs.txt").contains("==> beta.log <==\nbeta listens on"));
    assert!(run.read("logs/alpha.log").contains("alpha listens on"));
}

#[test]
fn a_build_that_fails_fails_the_run() {
    let project = Project::new();
    project.append("alpha/src/main.rs", "\nfn broken() -> u32 { \"no number\" }\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::BUILD_FAILED).says("mismatched types").says("cargo could not build it");
    assert_eq!(project.finished_run().json("report.json")["failed_phase"], "build");
}

#[test]
fn a_hook_that_fails_fails_the_run() {
    let project = Project::new();
    project.replace(".config/nextest.toml", "\"hook\", \"alpha\"", "\"hook\", \"nobody\"");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::HOOK_FAILED).says("these are tests of `nobody`");
}

#[test]
fn a_suite_that_does_not_exist_is_suggested() {
    let project = Project::unbuilt();
    let output = project.xtask(["e2e", "alhpa"]).run();
    output.exits(exit::USAGE);
    insta::assert_snapshot!(output.error(), @r"
    error: no suite named `alhpa`
    hint: did you mean `alpha`? suites: alpha
    ");
    assert!(!project.target().exists());
}

#[test]
fn a_service_without_a_suite_is_told_from_a_service_that_does_not_exist() {
    let project = Project::new();
    let output = project.xtask(["e2e", "beta"]).run();
    output.exits(exit::USAGE);
    insta::assert_snapshot!(output.error(), @r"
    error: `beta` is a service, but has no suite
    hint: add [package.metadata.onetag.suite] to beta/Cargo.toml; suites: alpha
    ");
}

#[test]
fn a_filterset_that_nextest_refuses_is_shown_as_nextest_shows_it() {
    let project = Project::new();
    let mistaken = "binary_id(e2e::alhpa)";
    let output = project.xtask(["e2e", "alpha", "--", "-E", mistaken]).run();
    output.exits(exit::USAGE).says("no binary IDs matched this").does_not_say("  deploy");
    project.append("alpha/Cargo.toml", &format!("filter = \"{mistaken}\"\n"));
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).says("no binary IDs matched this").does_not_say("  deploy");
}

#[test]
fn a_binary_without_tests_is_no_success() {
    let project = Project::new();
    project.write("tests/suites/alpha.rs", "");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::NO_TESTS).does_not_say("  deploy");
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase select failed
      because: suite `alpha` selects no test with `binary_id(=e2e::alpha)`
    hint: the tests of the suite are listed by `cargo nextest list --profile e2e -E 'binary_id(=e2e::alpha)'`
    ");
}

#[test]
fn a_binary_whose_tests_the_profile_leaves_out_is_no_success() {
    let project = Project::new();
    let filter = "default-filter = \"package(e2e)\"";
    project.replace(".config/nextest.toml", filter, "default-filter = \"none()\"");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::NO_TESTS);
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase select failed
      because: suite `alpha` selects no test with `binary_id(=e2e::alpha)`
    hint: the `default-filter` of profile `e2e` in .config/nextest.toml leaves them out; let `binary_id(e2e::alpha)` through
    ");
}

#[test]
fn a_binary_whose_tests_are_all_ignored_is_no_success_beside_another() {
    let project = Project::new();
    project.create("tests/suites/slow.rs", "#[test]\n#[ignore]\nfn slow() {}\n");
    let target = "\n[[test]]\nname = \"slow\"\npath = \"suites/slow.rs\"\n";
    project.append("tests/Cargo.toml", target);
    project.append("alpha/Cargo.toml", "tests = [\"e2e::alpha\", \"e2e::slow\"]\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::NO_TESTS).does_not_say("  deploy");
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase select failed
      because: suite `alpha` selects no test of `e2e::slow` with `binary_id(=e2e::alpha) | binary_id(=e2e::slow)`
    hint: they are ignored; `cargo xtask e2e alpha -- --run-ignored all` runs them
    ");
    // Whoever asks for less gets it.
    project.xtask(["e2e", "alpha", "--", "-E", "binary(alpha)"]).run().exits(exit::SUCCESS);
    project.xtask(["e2e", "alpha", "--", "--run-ignored", "all"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_filterset_that_selects_nothing_is_no_success() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha", "--", "-E", "test(nope)"]).run();
    output.exits(exit::NO_TESTS).does_not_say("  deploy");
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase select failed
      because: suite `alpha` selects no test with `(binary_id(=e2e::alpha)) & (test(nope))`
    hint: the tests of the suite are listed by `cargo nextest list --profile e2e -E 'binary_id(=e2e::alpha)'`
    ");
}

#[test]
fn a_filterset_narrows_the_suite_down() {
    let project = Project::new();
    let only = "test(services_find_each_other)";
    let output = project.xtask(["e2e", "alpha", "--", "-E", only]).run();
    output.exits(exit::SUCCESS).says("1 test run: 1 passed");
}

#[test]
fn options_that_would_change_the_run_are_refused() {
    let project = Project::unbuilt();
    let output = project.xtask(["e2e", "alpha", "--", "--profile", "default"]).run();
    output.exits(exit::USAGE);
    let error = output.error();
    let (error, allowed) = error.split_once('\n').unwrap();
    assert_eq!(error, "error: `--profile` cannot be passed on to nextest");
    assert!(allowed.starts_with("hint: allowed are names of tests, --filterset, "), "{allowed}");
    assert!(!project.target().exists());
}

/// The repository's rule runs after that of the harness, and is its own.
#[test]
fn a_script_of_the_repository_that_fails_fails_the_run() {
    let project = Project::new();
    let configuration = project.read(".config/nextest.toml");
    let hook = "command = [\"cargo\", \"xtask\", \"hook\", \"alpha\"]";
    assert!(configuration.contains(hook), "{configuration}");
    project.replace(".config/nextest.toml", hook, "command = [\"false\"]");
    project.xtask(["e2e", "alpha"]).run().exits(exit::HOOK_FAILED);
}

/// Runs the suite with a nextest that does not heed a part of the harness's
/// configuration, from a line that begins so to one that begins otherwise.
fn with_configuration_ignored(from: &str, to: &str) -> Output {
    let project = Project::new();
    let path = std::env::var_os("PATH").unwrap();
    let programs = std::env::split_paths(&path).map(|folder| folder.join("cargo-nextest"));
    let nextest = programs.into_iter().find(|program| program.exists()).unwrap();
    let script = format!(
        "#!/bin/sh
        for word in \"$@\"; do
            case $word in onetag:*) sed -i '/^{from}/,/^{to}/d' \"${{word#onetag:}}\";; esac
        done
        exec '{}' \"$@\"\n",
        nextest.display()
    );
    project.program("cargo-nextest", &script);
    project.xtask(["e2e", "alpha"]).run()
}

#[test]
fn a_suite_without_the_hook_of_the_harness_is_no_success() {
    let output = with_configuration_ignored(r"\[\[profile.e2e.scripts", "setup = ");
    output.exits(exit::HOOK_FAILED).says("3 tests run: 3 passed");
    output.says("the hook of suite `alpha` did not run before its tests");
}

#[test]
fn a_suite_without_a_report_is_no_success() {
    let output = with_configuration_ignored(r"\[profile.e2e.junit", "path = ");
    output.exits(exit::FAILURE).says("3 tests run: 3 passed");
    output.says("nextest left no report of its tests");
}
