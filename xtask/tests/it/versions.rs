//! Runs that another version of the harness started.

use std::fs;

use crate::exit;
use crate::project::{Project, Run, redact};

/// Makes the ledger of a run one of the first format, which had no version.
fn written_by_an_older_version(run: &Run) {
    let ledger = run.ledger();
    let (first, rest) = ledger.split_once('\n').unwrap();
    let mut first: serde_json::Value = serde_json::from_str(first).unwrap();
    let first = first.as_object_mut().unwrap();
    first.retain(|key, _| !matches!(key.as_str(), "version" | "origin"));
    let first = serde_json::to_string(first).unwrap();
    fs::write(run.path("ledger.jsonl"), format!("{first}\n{rest}")).unwrap();
}

#[test]
fn a_kept_run_of_another_version_is_named_as_such_and_can_be_ended() {
    let project = Project::new();
    let run = project.up();
    written_by_an_older_version(&run);
    let services = project.processes();
    let output = project.xtask(["status"]).run();
    let shown = redact(&output.exits(exit::SUCCESS).stdout);
    assert!(shown.contains("  of another version  "), "{shown}");
    for verb in ["test", "up"] {
        let output = project.xtask([verb, "alpha"]).run();
        output.is_refused_before_the_build();
        insta::allow_duplicates! {
            insta::assert_snapshot!(output.error(), @r"
            error: the kept run of `alpha` was started by another version of the harness
              because: the format of its ledger is 1, not 2
            hint: `cargo xtask down alpha` ends it
            ");
        }
    }
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED).says("was started by another version of the harness");
    assert_eq!(project.processes(), services);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

#[test]
fn a_run_of_another_version_whose_keeper_is_gone_can_be_ended() {
    let project = Project::new();
    let run = project.up();
    written_by_an_older_version(&run);
    project.process("keeper").unwrap().kill();
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

/// A run that is not kept is for its own harness to end.
#[test]
fn a_run_of_another_version_that_is_under_way_is_left_alone() {
    let project = Project::new();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    let run = project.kept_run();
    let ledger = run.ledger();
    written_by_an_older_version(&run);
    let other = project.xtask(["down", "alpha"]).run();
    other.exits(exit::SUCCESS).says("there is no kept run");
    fs::write(run.path("ledger.jsonl"), ledger).unwrap();
    project.let_test_go_on();
    harness.finish().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}
