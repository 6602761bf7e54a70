//! Measuring the harness against the same done by hand.

use rustix::process::Signal;
use serde_json::Value;

use crate::exit;
use crate::project::{Project, Running, redact};
use crate::wait::{Look, until};

/// The file that grows by a line; the suite's first need is `beta`.
const CHANGED: &str = "beta/src/main.rs";

#[test]
fn both_ways_are_measured_on_a_copy() {
    let project = Project::new();
    let before = project.read(CHANGED);
    let output = project.xtask(["bench", "alpha", "--pairs", "1", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    assert_eq!(document["left_out"], serde_json::json!(["what_runs_is_of_this_run"]));
    assert_eq!(document["tests"], 2);
    let cases = document["cases"].as_array().unwrap();
    let names: Vec<_> = cases.iter().map(|case| case["case"].as_str().unwrap()).collect();
    assert_eq!(names, ["nothing changed", "a line of beta changed", "a line of tiny changed"]);
    for case in cases {
        let seconds = |way: &str| case[way]["laps"][0].as_f64().unwrap();
        let ratio = seconds("onetag") / seconds("by_hand");
        assert!((case["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9, "{case}");
        assert_eq!(case["by_hand"]["steps"].as_array().unwrap().len(), 4);
        assert_eq!(case["onetag"]["steps"][0]["step"], "cargo xtask");
    }
    // What is checked in is as it was; the copy is not.
    assert_eq!(project.read(CHANGED), before);
    let copy = project.onetag().join("bench/workspace").join(CHANGED);
    assert!(std::fs::read_to_string(copy).unwrap().ends_with(&before));
    project.assert_nothing_is_left();
}

/// A bench, and the test that hangs in its first lap by hand.
pub(crate) fn hanging(project: &Project, options: &[&str]) -> Running {
    let copy = project.onetag().join("bench/workspace");
    let file = copy.join("hangs");
    let hangs = format!("std::fs::write({file:?}, \"\").unwrap(); loop {{ std::thread::park() }}");
    project.add_test("hangs", &hangs);
    let bench = project.xtask([&["bench", "alpha"], options].concat()).start();
    until("a test runs by hand", || match file.exists() {
        true => Look::Done(()),
        false => Look::NotYet(format!("{:?}", project.processes())),
    });
    bench
}

#[test]
fn a_bench_that_is_interrupted_leaves_nothing() {
    let project = Project::new();
    let bench = hanging(&project, &[]);
    bench.signal(Signal::INT);
    let output = bench.finish();
    output.exits(exit::SIGINT).says("interrupted by SIGINT");
    project.assert_nothing_is_left();
}

#[test]
fn a_bench_that_is_killed_leaves_nothing_running() {
    let project = Project::new();
    let bench = hanging(&project, &[]);
    bench.signal(Signal::KILL);
    bench.finish().is_killed();
    project.wait_until_nothing_is_left();
}

#[test]
fn what_does_not_work_by_hand_says_why() {
    let project = Project::new();
    project.beta_begins_with("std::process::exit(3);");
    let output = project.xtask(["bench", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(redact(&output.error()), @r"
    error: service `beta` ended before it was ready, started by hand; its log is [temp]/pair/target/onetag/bench/by-hand/beta.log
    ");
}
