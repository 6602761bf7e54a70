//! Suites that a backend cannot run: refused when they are named, listed by `--all`.

use serde_json::Value;

use super::two_suites;
use crate::exit;
use crate::project::Project;

/// The suite `alpha` needs an external service, of which there is only an image.
fn without_program() -> Project {
    let project = two_suites("", "");
    let image = format!("image = \"docker.io/library/redis@sha256:{}\"", "0".repeat(64));
    let external = "\n[workspace.metadata.onetag.externals.redis]\nport = 6379\nready = \"tcp\"\n";
    project.append("Cargo.toml", &format!("{external}{image}\n"));
    project.append("alpha/Cargo.toml", "needs = [\"redis\"]\n");
    project
}

#[test]
fn a_suite_that_cannot_run_is_refused_when_it_is_named() {
    let project = without_program();
    let output = project.xtask(["e2e", "alpha", "beta"]).run();
    output.is_refused_before_the_build();
    output.says("externals.redis.program is missing").does_not_say("suite ");
    assert_eq!(project.runs(), []);
}

#[test]
fn all_runs_the_others_and_ends_with_one() {
    let project = without_program();
    let output = project.xtask(["e2e", "--all", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&output.exits(exit::FAILURE).stdout).unwrap();
    assert_eq!(document["exit"], exit::FAILURE);
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(
        (runs.len(), &runs[0]["consumer"], &runs[0]["exit"]),
        (1, &"beta".into(), &0.into())
    );
    let [not_run] = &document["not_run"].as_array().unwrap()[..] else { panic!("{output}") };
    assert_eq!(not_run["suite"], "alpha");
    let reason = not_run["reason"].as_str().unwrap();
    assert!(reason.contains("externals.redis.program is missing"), "{reason}");
    let row = output.stderr.lines().find(|line| line.starts_with("alpha  "));
    assert!(row.is_some_and(|row| row.contains(&format!("not run: {reason}"))), "{output}");
    output.says("1 test run: 1 passed");

    let plan = project.xtask(["plan", "--all"]).run();
    assert!(plan.exits(exit::SUCCESS).stdout.contains("alpha is not run: "), "{plan}");
    let plan = project.xtask(["plan", "--all", "--format", "json"]).run();
    let plan: Value = serde_json::from_str(&plan.exits(exit::SUCCESS).stdout).unwrap();
    assert_eq!(plan["not_run"], document["not_run"]);
}

#[test]
fn all_that_can_run_nothing_ends_with_one() {
    let project = without_program();
    project.append("beta/Cargo.toml", "needs = [\"redis\"]\n");
    let output = project.xtask(["e2e", "--all"]).run();
    output.is_refused_before_the_build();
    output.says(" s: 2 not run\n");
    assert_eq!(project.runs(), []);
}
