//! Runs that are kept: testing against them, and what is refused.

use crate::exit;
use crate::project::Project;

#[test]
fn a_kept_run_is_tested_again_and_again_until_it_is_ended() {
    let project = Project::new();
    let run = project.up();
    let before = project.processes();
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.processes(), before);
    assert_eq!(run.get("beta", "/starts"), "x");

    let output = project.xtask(["down", "alpha"]).run();
    output.exits(exit::SUCCESS).says(&format!("run {} of `alpha` has ended", run.id()));
    project.assert_nothing_is_left();
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS).says("there is no kept run");
}

#[test]
fn a_run_is_kept_on_request() {
    let project = Project::new();
    project.xtask(["e2e", "alpha", "--keep"]).run().exits(exit::SUCCESS).says("kept: ");
    assert!(project.kept_run().get("alpha", "/about").contains("greeting=hello from alpha"));
}

#[test]
fn a_run_that_fails_is_kept_on_request() {
    let project = Project::new();
    let arguments = ["e2e", "alpha", "--keep-on-failure"];
    project.xtask(arguments).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
    project.add_test("red", "panic!(\"red on purpose\");");
    project.xtask(arguments).run().exits(exit::TESTS_FAILED).says("kept: ");
    let run = project.kept_run();
    assert!(run.get("alpha", "/about").contains("greeting=hello from alpha"));
    assert_eq!(run.read("diagnostics/cause.txt"), "tests failed\n");
}

/// As in a script, which has to know what goes on.
#[test]
fn a_quiet_command_says_that_a_run_is_kept() {
    let project = Project::new();
    let kept = "kept: `cargo xtask test alpha`, `up alpha`, `down alpha`";
    project.xtask(["-q", "up", "alpha"]).run().exits(exit::SUCCESS).says(kept);
    project.xtask(["-q", "test", "alpha"]).run().exits(exit::SUCCESS).does_not_say("kept: ");
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.xtask(["-q", "e2e", "alpha", "--keep"]).run().exits(exit::SUCCESS).says(kept);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.add_test("red", "panic!(\"red on purpose\");");
    let output = project.xtask(["-q", "e2e", "alpha", "--keep-on-failure"]).run();
    output.exits(exit::TESTS_FAILED).says(kept);
    // It was wanted, and is not.
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let output = project.xtask(["-q", "e2e", "alpha", "--keep", "--ready-timeout", "1s"]).run();
    output.exits(exit::FAILURE).says("not kept: its services were never ready together");
}

#[test]
fn a_test_without_a_run_is_told_what_to_do() {
    let project = Project::new();
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: there is no kept run of `alpha`
    hint: cargo xtask up alpha
    ");
}

#[test]
fn nextest_alone_works_against_a_kept_run() {
    let project = Project::new();
    project.up();
    project.nextest().run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

#[test]
fn nextest_alone_says_in_one_sentence_that_there_is_no_run() {
    let project = Project::new();
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: these tests need a run of `alpha`, and there is none
    hint: `cargo xtask e2e alpha` does everything; `cargo xtask up alpha` keeps a run for tests like these
    ");
}

#[test]
fn several_kept_runs_are_listed_and_ended_together() {
    let project = Project::new();
    project.xtask(["e2e", "alpha", "--keep"]).run().exits(exit::SUCCESS);
    project.xtask(["e2e", "alpha", "--keep"]).run().exits(exit::SUCCESS);
    let runs = project.runs();
    assert_eq!(runs.len(), 2);
    let refusals = [
        (project.xtask(["test", "alpha"]), exit::FAILURE),
        (project.xtask(["up", "alpha"]), exit::FAILURE),
        (project.nextest(), exit::HOOK_FAILED),
    ];
    for (command, code) in refusals {
        let output = command.run();
        output.exits(code).says("there are 2 kept runs of `alpha`: ");
        output.says("hint: `cargo xtask down alpha` ends them all");
        for run in &runs {
            output.says(run.id());
        }
    }
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

#[test]
fn a_damaged_line_of_the_ledger_is_named() {
    let project = Project::new();
    let run = project.up();
    let ledger = run.path("ledger.jsonl");
    std::fs::write(&ledger, format!("{}not an entry\n", run.read("ledger.jsonl"))).unwrap();
    let lines = run.read("ledger.jsonl").lines().count();
    for verb in ["test", "up"] {
        let output = project.xtask([verb, "alpha"]).run();
        output.exits(exit::FAILURE).says(&format!("line {lines} of {ledger} is damaged"));
        output.says("hint: cargo xtask down alpha && cargo xtask up alpha");
    }
    // What the other lines tell is torn down; that one line is not known.
    let output = project.xtask(["down", "alpha"]).run();
    output.exits(exit::FAILURE).says("left behind: ledger ");
    project.assert_nothing_is_left();
}
