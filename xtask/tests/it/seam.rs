//! The seam: the whole cycle on a backend that runs nothing, and fails, hangs or lies
//! wherever it is wanted to. It is the example `fake` of this package.

mod externals;
mod faults;
pub(crate) mod fixture;
mod random;
mod replicas;

use crate::exit;
use fixture::FakeProject;

#[test]
fn a_run_is_the_same_on_another_backend() {
    let fake = FakeProject::new(&[]);
    fake.e2e().exits(exit::SUCCESS).says("1 test run: 1 passed");
    let run = fake.project.finished_run();
    assert_eq!(run.json("report.json")["backend"], "fake");
    let plan = run.json("plan.json");
    let address = &plan["services"]["beta"]["address"];
    assert_eq!(address["internal_url"], "http://beta.internal:80");
    // What is of processes alone stands in no record of the run.
    for file in ["plan.json", "witness.json", "report.json"] {
        for word in ["pid", "process", "/executables/"] {
            assert!(!run.read(file).contains(word), "{file} has {word}:\n{}", run.read(file));
        }
    }
    let ledger = run.ledger();
    assert!(ledger.contains(r#""what":"object","name":"beta""#), "{ledger}");
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_kept_run_remembers_its_backend_and_refuses_another() {
    let fake = FakeProject::new(&[]);
    let project = &fake.project;
    fake.up();
    project.xtask(["up", "alpha", "--on", "process"]).run().exits(exit::USAGE).says("fake");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("unchanged: alpha, beta");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS).says("1 passed");
    let status = project.xtask(["status"]).run();
    assert!(status.exits(exit::SUCCESS).stdout.contains("running, slot 0"), "{status}");
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_keeper_that_is_started_anew_opens_what_was_prepared() {
    let fake = FakeProject::new(&[]);
    let project = &fake.project;
    fake.up();
    let before = project.kept_run().json("plan.json")["services"]["beta"]["address"].clone();
    let keeper = project.process("keeper").unwrap();
    keeper.kill();
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("started again: alpha, beta");
    assert!(fake.world().join("opened-again").exists());
    assert_eq!(project.kept_run().json("plan.json")["services"]["beta"]["address"], before);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_dead_run_on_a_backend_that_only_another_program_has_is_left_to_that() {
    let fake = FakeProject::new(&[]);
    let project = &fake.project;
    project.add_test_that_waits();
    let run = project.xtask(["e2e", "alpha", "--on", "fake"]).start();
    project.wait_for_waiting_test();
    project.process("keeper").unwrap().kill_with(&run);
    run.finish().is_killed();
    assert_ne!(fake.left(), [""; 0]);

    project.write("tests/suites/alpha.rs", "#[test]\nfn passes() {}\n");
    let output = project.directly(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says("died and cannot be cleared up: there is no backend `fake`");
    assert_ne!(fake.left(), [""; 0]);
    let output = fake.e2e();
    output.exits(exit::SUCCESS).says("cleared up after run");
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_backend_that_is_not_there_is_a_usage_error() {
    let fake = FakeProject::new(&[]);
    let output = fake.project.xtask(["e2e", "alpha", "--on", "nowhere"]).run();
    output
        .exits(exit::USAGE)
        .says("there is no backend `nowhere`, only: process, podman, docker, kind, kube, fake");
    // The product has no fake one.
    let output = fake.project.directly(["e2e", "alpha", "--on", "fake"]).run();
    output.exits(exit::USAGE).says("there is no backend `fake`, only: process, podman, docker");
}
