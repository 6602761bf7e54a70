//! Several suites of one command: their runs at the same time, one build for all.

mod ends;
mod not_run;
mod output;

use serde_json::Value;

use crate::exit;
use crate::project::Project;

/// What tests of the suites wait with. Whoever runs the command ends what waits forever.
const HELPERS: &str = r#"
#[allow(dead_code)]
fn note(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[allow(dead_code)]
fn write(name: &str) {
    std::fs::write(note(name), "").unwrap();
}

#[allow(dead_code)]
fn wait_for(there: impl Fn() -> bool) {
    while !there() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
"#;

/// A test of its own name.
fn test(name: &str, statements: &str) -> String {
    format!("\n#[test]\nfn {name}() {{\n{statements}\n}}\n")
}

/// The fixture with two suites, each of which has these statements as a test. Both of them
/// need `beta`.
fn two_suites(alpha: &str, beta: &str) -> Project {
    let project = Project::new();
    project.append("tests/suites/alpha.rs", &format!("{HELPERS}{}", test("own", alpha)));
    project.add_suite_of_beta(&format!("{HELPERS}{}", test("own", beta)));
    project
}

/// Statements that end once those of the other suite have begun.
fn meets(own: &str, other: &str) -> String {
    format!("write(\"{own}\"); wait_for(|| note(\"{other}\").exists());")
}

/// Two suites, each of which waits for the other one.
fn that_meet() -> Project {
    two_suites(&meets("alpha", "beta"), &meets("beta", "alpha"))
}

#[test]
fn suites_run_at_the_same_time() {
    let project = that_meet();
    let output = project.xtask(["e2e", "--all", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    let runs = document["runs"].as_array().unwrap();
    let told: Vec<_> =
        runs.iter().map(|run| (run["consumer"].as_str(), &run["tests"]["passed"])).collect();
    assert_eq!(told, [(Some("alpha"), &4.into()), (Some("beta"), &1.into())], "{output}");
    // One build for both.
    assert_eq!(output.compiled(), ["e2e"], "{output}");
    assert_eq!(output.stderr.matches("Finished `dev`").count(), 1, "{output}");
    output.says(" s  2 runs\n").says(" s  2 services\n");
    project.assert_nothing_is_left();
    assert_eq!(project.finished().len(), 2);
}

#[test]
fn suites_run_one_after_the_other_on_request() {
    let project = two_suites("", "");
    let output = project.xtask(["e2e", "beta", "alpha", "--jobs", "1"]).run();
    // Streamed as that of one suite, in the order in which they were named.
    output.exits(exit::SUCCESS).does_not_say(" | ").does_not_say("---- ");
    let position = |text: &str| output.stderr.find(text).unwrap_or_else(|| panic!("{output}"));
    let second = position("4 tests run: 4 passed");
    assert!(position("1 test run: 1 passed") < second, "{output}");
    let verdict = output.stderr.find(" passed in ").unwrap();
    let select = output.stderr.rfind("  select ").unwrap();
    assert!(verdict < select && select < second, "{output}");
    project.assert_nothing_is_left();
}

#[test]
fn at_most_so_many_suites_run_at_once() {
    let project = that_meet();
    let another_is_over = "
let runs = std::path::PathBuf::from(std::env::var(\"ONETAG_RUN_DIR\").unwrap());
let finished = runs.parent().unwrap().parent().unwrap().join(\"finished\");
assert!(std::fs::read_dir(finished).is_ok_and(|runs| runs.count() > 0), \"all three run\");";
    add_gamma(&project, &test("another_is_over", another_is_over));
    let output = project.xtask(["e2e", "--all", "-j", "2"]).run();
    output.exits(exit::SUCCESS).says("gamma | wait ").does_not_say("alpha | wait ");
}

/// Nextest is asked once how many tests suites have, whichever run beside each other.
#[test]
fn the_tests_of_all_suites_are_listed_once() {
    let project = two_suites("", "");
    let lists = project.path("lists");
    let cargo = format!(
        "#!/bin/sh\n[ \"$1 $2\" = \"nextest list\" ] && echo >>{lists}\nexec cargo \"$@\"\n"
    );
    project.program("cargo-that-counts", &cargo);
    let cargo = project.programs().join("cargo-that-counts");
    let listed = |arguments: &[&str], times: usize, told: &str| {
        let _ = std::fs::remove_file(&lists);
        let command = project.directly(["e2e"].iter().chain(arguments).copied());
        let output = command.env("CARGO", cargo.as_str()).run();
        output.exits(exit::SUCCESS).says(told);
        let lists = std::fs::read_to_string(&lists).unwrap_or_default();
        assert_eq!(lists.lines().count(), times, "{output}");
    };
    listed(&["--all"], 1, "alpha | select ");
    for suites in [&["alpha"][..], &["beta"], &["beta", "alpha"]] {
        listed(suites, 0, "passed");
    }
    listed(&["--all", "--", "-E", "test(own)"], 1, "2 suites in");
    // A part of the tests of each suite, not of those of all.
    listed(&["--all", "--", "--partition", "count:1/2"], 2, "2 suites in");
}

/// A third service joins with its suite: a package, a file of tests, and a rule for
/// nextest.
fn add_gamma(project: &Project, tests: &str) {
    project.add_service("gamma", "needs = [\"beta\"]\nsuite = {}\n");
    project
        .append("tests/Cargo.toml", "\n[[test]]\nname = \"gamma\"\npath = \"suites/gamma.rs\"\n");
    project.write("tests/suites/gamma.rs", tests);
    let rule = "
[scripts.setup.gamma]
command = [\"cargo\", \"xtask\", \"hook\", \"gamma\"]
slow-timeout = { period = \"30s\", terminate-after = 2 }

[[profile.e2e.scripts]]
filter = \"binary_id(e2e::gamma)\"
setup = \"gamma\"
";
    project.append(".config/nextest.toml", rule);
}

/// The harness under test is the one that was built before.
#[test]
fn a_service_joins_with_its_suite_and_the_harness_stays_as_it_is() {
    let project = Project::new();
    let tests = "
let url = |service: &str| std::env::var(format!(\"ONETAG_{service}_URL\")).unwrap();
assert!(tiny::get(&url(\"GAMMA\"), \"/about\").unwrap().contains(\"hello from gamma\"));
assert!(tiny::get(&url(\"BETA\"), \"/about\").unwrap().contains(\"hello from beta\"));
";
    add_gamma(&project, &test("it_and_what_it_needs_answer", tests));
    let output = project.xtask(["e2e", "--all"]).run();
    output.exits(exit::SUCCESS).says("1 test run: 1 passed").says("3 tests run: 3 passed");
    project.xtask(["up", "gamma"]).run().exits(exit::SUCCESS);
    let nextest = ["nextest", "run", "-P", "e2e", "-E", "binary_id(e2e::gamma)"];
    project.cargo(nextest).run().exits(exit::SUCCESS);
}
