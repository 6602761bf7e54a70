//! Something was tested: no code 0 without a test that ran and was counted, and
//! that had the hook before it.

use crate::exit;
use crate::project::{Output, Project};

/// Runs `e2e alpha` with these arguments for nextest.
fn e2e(project: &Project, arguments: &[&str]) -> Output {
    project.xtask(["e2e", "alpha", "--"]).args(arguments.iter().copied()).run()
}

#[test]
fn options_with_which_nextest_runs_no_test_are_refused() {
    let project = Project::unbuilt();
    let lines: [&[&str]; 8] = [
        &["--help"],
        &["-h"],
        &["--version"],
        &["-V"],
        &["--no-run"],
        &["--no-tests=pass", "nosuch"],
        &["--no-tests", "warn", "nosuch"],
        &["-E", "test(services)", "--help"],
    ];
    let codes: Vec<_> = lines.iter().map(|line| e2e(&project, line).code()).collect();
    assert_eq!(codes, [Some(exit::USAGE); 8], "of {lines:?}");
    assert!(!project.target().exists());
}

#[test]
fn filters_that_match_nothing_are_no_success() {
    let project = Project::new();
    let lines: [&[&str]; 5] = [
        &["nosuch"],
        &["nosuch", "neither"],
        &["--", "nosuch"],
        &["--run-ignored=only"],
        &["-E", "test(services)", "nosuch"],
    ];
    let codes: Vec<_> = lines.iter().map(|line| e2e(&project, line).code()).collect();
    assert_eq!(codes, [Some(exit::NO_TESTS); 5], "of {lines:?}");
    assert!(project.finished().iter().all(|run| run.json("report.json")["exit"] == exit::NO_TESTS));
}

#[test]
fn a_filter_that_matches_some_tests_runs_these() {
    let project = Project::new();
    let output = e2e(&project, &["services_find"]);
    output.exits(exit::SUCCESS).says("1 test run: 1 passed");
    assert_eq!(project.finished_run().passed(), 1);
}

/// Nextest takes some of its options from the environment, too.
#[test]
fn a_setting_of_the_caller_makes_no_tests_no_success() {
    let project = Project::new();
    let command = project.xtask(["e2e", "alpha", "--", "nosuch"]);
    command.env("NEXTEST_NO_TESTS", "pass").run().exits(exit::NO_TESTS);
}

/// The harness would read the results of another run, or none.
#[test]
fn a_junit_path_of_the_repository_is_refused_with_its_line() {
    let table =
        ("package(e2e)\"\nfail-fast = false\n", "\n[profile.e2e.junit]\npath = \"junit.xml\"\n");
    let key = ("[profile.e2e]\n", "junit.path = \"junit.xml\"\n");
    for (before, setting) in [table, key] {
        let project = Project::new();
        project.replace(".config/nextest.toml", before, &format!("{before}{setting}"));
        let configuration = project.read(".config/nextest.toml");
        let line = configuration.lines().position(|line| line.contains("junit.xml")).unwrap() + 1;
        let output = project.xtask(["e2e", "alpha"]).run();
        output.is_refused_before_the_build().says(".config/nextest.toml").says("junit");
        // The line of the key, or that of its table.
        let error = output.error();
        let numbers: Vec<&str> = error.split(|c: char| !c.is_ascii_digit()).collect();
        let named = [line, line - 1].map(|line| line.to_string());
        assert!(named.iter().any(|line| numbers.contains(&line.as_str())), "no {line}:\n{output}");
    }
}

/// The profile of the suites goes before those that it inherits from.
#[test]
fn a_junit_path_of_another_profile_is_in_nobody_s_way() {
    let project = Project::new();
    let setting = "\n[profile.default.junit]\npath = \"junit.xml\"\n";
    project.append(".config/nextest.toml", setting);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.finished_run().passed(), 3);
    project.append(".config/nextest.toml", &setting.replace("default", "shared"));
    project.replace(
        ".config/nextest.toml",
        "[profile.e2e]\n",
        "[profile.e2e]\ninherits = \"shared\"\n",
    );
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.finished()[1].passed(), 3);
}

/// The hook runs for every test, whatever the rules of the repository say.
#[track_caller]
fn the_hook_runs_after(edit: impl FnOnce(&Project)) {
    let project = Project::new();
    // A test that is content without a run: only its hook tells one from none.
    let note = "let id = std::env::var(\"ONETAG_RUN_ID\").unwrap_or_default();
                std::fs::write(std::env::var(\"NOTE\").unwrap(), id).unwrap();";
    project.add_test("content_without_a_run", note);
    edit(&project);
    let note = project.temp_path().join("note");
    let e2e = |arguments: &[&str]| {
        let command = project.xtask(["e2e", "alpha"]).args(arguments.iter().copied());
        command.env("NOTE", note.as_str()).run()
    };
    e2e(&["--", "content"]).exits(exit::SUCCESS).says("1 test run: 1 passed");
    let run = project.finished_run();
    assert_eq!((std::fs::read_to_string(&note).unwrap().as_str(), run.passed()), (run.id(), 1));
    e2e(&[]).exits(exit::SUCCESS).says("4 tests run: 4 passed");
    assert_eq!(project.finished()[1].passed(), 4);
}

/// The rule of the fixture, to its end.
fn rule(project: &Project) -> String {
    let configuration = project.read(".config/nextest.toml");
    configuration[configuration.find("[[profile.e2e.scripts]]").unwrap()..].to_owned()
}

#[test]
fn the_hook_runs_without_a_rule_of_the_repository() {
    the_hook_runs_after(|project| {
        project.replace(".config/nextest.toml", &rule(project), "");
    });
}

#[test]
fn the_hook_runs_without_a_script_of_the_repository() {
    the_hook_runs_after(|project| {
        let configuration = project.read(".config/nextest.toml");
        let scripts = configuration.find("[scripts.setup.alpha]").unwrap();
        project.replace(".config/nextest.toml", &configuration[scripts..], "");
    });
}

#[test]
fn the_hook_runs_for_tests_that_the_rule_leaves_out() {
    the_hook_runs_after(|project| {
        let narrow = "binary_id(e2e::alpha) & not test(content) & not test(services)";
        project.replace(".config/nextest.toml", "binary_id(e2e::alpha)", narrow);
    });
}
