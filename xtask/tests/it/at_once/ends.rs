//! How suites that run at the same time end: each by itself, or all at once.

use rustix::process::Signal;
use serde_json::Value;

use super::{meets, that_meet, two_suites};
use crate::exit;
use crate::project::{Project, Running};
use crate::seam::fixture::FakeProject;
use crate::wait::{Look, until};

/// Statements of a test that says something and never ends.
fn hangs(own: &str) -> String {
    format!("println!(\"{own} says this\"); write(\"{own}\"); loop {{ std::thread::park() }}")
}

/// Two suites, in both of which a test runs that does not end.
fn stuck() -> (Project, Running) {
    let project = two_suites(&hangs("alpha"), &hangs("beta"));
    let harness = project.xtask(["e2e", "--all", "--", "--no-capture"]).start();
    wait_for_notes(&project, &["alpha", "beta"]);
    (project, harness)
}

fn wait_for_notes(project: &Project, notes: &[&str]) {
    until("all tests run", || {
        match notes.iter().all(|note| project.path("tests").join(note).exists()) {
            true => Look::Done(()),
            false => Look::NotYet(format!("{:?}", project.processes())),
        }
    });
}

/// The one that failed has been torn down while the other one still ran.
#[test]
fn a_suite_that_fails_ends_alone_and_at_once() {
    let alone = "
let runs = std::path::PathBuf::from(std::env::var(\"ONETAG_RUN_DIR\").unwrap());
let finished = runs.parent().unwrap().parent().unwrap().join(\"finished\");
wait_for(|| std::fs::read_dir(&finished).is_ok_and(|runs| runs.count() == 1));
write(\"beta\");";
    let project = two_suites("panic!(\"red on purpose\");", alone);
    let output = project.xtask(["e2e", "alpha", "beta", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&output.exits(exit::TESTS_FAILED).stdout).unwrap();
    assert_eq!(document["exit"], exit::TESTS_FAILED);
    let codes: Vec<_> =
        document["runs"].as_array().unwrap().iter().map(|run| &run["exit"]).collect();
    assert_eq!(codes, [exit::TESTS_FAILED, exit::SUCCESS], "{output}");
    output.says("red on purpose");
    project.assert_nothing_is_left();
}

#[test]
fn a_phase_that_fails_counts_more_than_tests_that_fail() {
    let project = two_suites("", "panic!(\"red on purpose\");");
    project.replace("alpha/src/main.rs", "fn main() {", "fn main() {\n    std::process::exit(3);");
    let output = project.xtask(["e2e", "beta", "alpha"]).run();
    output.exits(exit::FAILURE).says("service `alpha` ended with code 3").says("red on purpose");
    project.assert_nothing_is_left();
}

#[test]
fn an_interrupt_ends_all_suites_and_shows_what_they_said() {
    for (signal, code) in [(Signal::INT, exit::SIGINT), (Signal::TERM, exit::SIGTERM)] {
        let (project, harness) = stuck();
        harness.signal(signal);
        let output = harness.finish();
        output.exits(code).says("alpha says this").says("beta says this");
        project.assert_nothing_is_left();
        let codes: Vec<_> =
            project.finished().iter().map(|run| run.json("report.json")["exit"].clone()).collect();
        assert_eq!(codes, [code, code], "{output}");
    }
}

/// Nextest lists nothing of the other one then, when it is asked for both.
#[test]
fn a_filterset_that_nextest_refuses_fails_its_own_suite_alone() {
    let project = two_suites("", "");
    project.append("beta/Cargo.toml", "filter = \"binary_id(e2e::bteta)\"\n");
    let output = project.xtask(["e2e", "--all"]).run();
    output.exits(exit::FAILURE).says("no binary IDs matched this").says("4 tests run: 4 passed");
    project.assert_nothing_is_left();
}

/// A suite that waits for its turn has nothing deployed by then.
#[test]
fn an_interrupt_ends_suites_that_have_not_begun() {
    let project = two_suites(&hangs("alpha"), "");
    let harness = project.xtask(["e2e", "--all", "-j", "1"]).start();
    wait_for_notes(&project, &["alpha"]);
    harness.signal(Signal::INT);
    harness.finish().exits(exit::SIGINT).does_not_say("1 test run");
    project.assert_nothing_is_left();
    assert_eq!(project.finished().len(), 2);
}

#[test]
fn a_harness_that_is_killed_leaves_nothing_of_any_suite() {
    let (project, harness) = stuck();
    harness.signal(Signal::KILL);
    harness.finish().is_killed();
    project.wait_until_nothing_is_left();
    assert_eq!(project.finished().len(), 2);
}

#[test]
fn a_keeper_that_is_lost_ends_its_own_suite_alone() {
    let waits = "write(\"beta\"); wait_for(|| note(\"goes-on\").exists());";
    let project = two_suites(&hangs("alpha"), waits);
    let harness = project.xtask(["e2e", "--all"]).start();
    wait_for_notes(&project, &["alpha", "beta"]);
    let of_alpha = |run: &crate::project::Run| run.ledger().contains("\"consumer\":\"alpha\"");
    let run = project.runs().into_iter().find(of_alpha).unwrap();
    let is_its_keeper = |process: &crate::project::Process| {
        process.is("keeper") && process.shown().contains(run.id())
    };
    project.processes().into_iter().find(is_its_keeper).unwrap().kill();
    until("the run of `alpha` is over", || match project.finished().len() {
        1 => Look::Done(()),
        _ => Look::NotYet(harness.said()),
    });
    project.let_test_go_on();
    let output = harness.finish();
    output.exits(exit::FAILURE).says("the keeper of the run was killed");
    output.says("1 test run: 1 passed");
    project.assert_nothing_is_left();
}

#[test]
fn suites_that_are_kept_are_all_kept() {
    let project = that_meet();
    project.xtask(["e2e", "--all", "--keep"]).run().exits(exit::SUCCESS);
    assert_eq!(project.runs().len(), 2);
    assert!(project.runs().iter().all(crate::project::Run::is_kept));
    for suite in ["alpha", "beta"] {
        project.xtask(["test", suite]).run().exits(exit::SUCCESS);
    }
}

#[test]
fn suites_run_at_the_same_time_on_another_backend() {
    let fake = FakeProject::new(&[]);
    let suite =
        |own, other| format!("{}{}", super::HELPERS, super::test("own", &meets(own, other)));
    fake.project.append("tests/suites/alpha.rs", &suite("alpha", "beta"));
    fake.project.add_suite_of_beta(&suite("beta", "alpha"));
    fake.project.xtask(["e2e", "--all", "--on", "fake"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.left(), [""; 0]);
    fake.faults(&["start fail"]);
    let output = fake.project.xtask(["e2e", "--all", "--on", "fake"]).run();
    output.exits(exit::FAILURE);
    assert_eq!(output.stderr.matches("fails at the step `start`").count(), 2, "{output}");
    assert_eq!(fake.left(), [""; 0]);
}
