//! Nextest's configuration of the repository and of the user.

use crate::exit;
use crate::project::Project;

#[test]
fn the_number_of_test_threads_that_the_user_sets_is_obeyed() {
    let project = Project::new();
    // Nextest's own number is that of the processors.
    project.add_test(
        "threads",
        "assert_eq!(variable(\"NEXTEST_TEST_THREADS\"), variable(\"EXPECTED\"));",
    );
    for threads in ["1", "7"] {
        let command = project.xtask(["e2e", "alpha"]).env("NEXTEST_TEST_THREADS", threads);
        command.env("EXPECTED", threads).run().exits(exit::SUCCESS).says("4 passed");
    }
}

/// Every line that is to be pasted, and the file that it belongs into.
const LINES: [&str; 4] =
    [".config/nextest.toml", "setup-scripts = true", "[profile.e2e]", "default-filter"];

#[test]
fn a_repository_without_nextest_configuration_is_told_the_lines() {
    let project = Project::new();
    std::fs::remove_dir_all(project.path(".config")).unwrap();
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build();
    for line in LINES {
        output.says(line);
    }
    // They are all that was missing.
    let lines = output.stderr.lines().map(|line| line.trim_start().trim_start_matches("hint: "));
    let lines = lines.skip_while(|line| !line.starts_with('['));
    let pasted: Vec<&str> = lines
        .take_while(|line| line.is_empty() || line.starts_with(['[', '#']) || line.contains(" = "))
        .collect();
    project.create(".config/nextest.toml", &pasted.join("\n"));
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn a_profile_without_a_filter_is_told_the_line() {
    let project = Project::new();
    let filter = "default-filter = \"package(e2e)\"\n";
    project.replace(".config/nextest.toml", filter, "");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says(".config/nextest.toml").says("[profile.e2e]");
    output.says("default-filter");
}

#[test]
fn a_repository_without_the_profile_is_told_the_lines() {
    let project = Project::new();
    let configuration = project.read(".config/nextest.toml");
    let profile = configuration.find("[profile.e2e]").unwrap();
    project.write(".config/nextest.toml", &configuration[..profile]);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says(".config/nextest.toml").says("[profile.e2e]");
    output.says("default-filter");
}

#[test]
fn a_repository_without_setup_scripts_is_told_the_lines() {
    let project = Project::new();
    let setting = "[experimental]\nsetup-scripts = true\n";
    project.replace(".config/nextest.toml", setting, "");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build().says(".config/nextest.toml").says("setup-scripts = true");
}
