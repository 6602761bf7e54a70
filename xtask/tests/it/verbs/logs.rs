//! `logs`: what a service has printed, in a run that goes on or in one that is over.

use std::io::{Read as _, pipe};

use rustix::process::Signal;

use crate::exit;
use crate::project::{Project, Run, Running, redact};
use crate::seam::fixture::FakeProject;
use crate::wait::{Look, until};

/// A workspace in which `beta` prints at the path `/say`.
fn project() -> Project {
    let project = Project::new();
    let paths = "\"/say\" => { eprintln!(\"said\"); Some(String::new()) }\n        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", paths);
    project
}

/// Makes `beta` print a line, once `logs` has printed what was before.
fn say(run: &Run, logs: &Running, times: usize) {
    wait_for_printed(logs, "beta listens on ", 1);
    for number in 1..=times {
        run.get("beta", "/say");
        wait_for_printed(logs, "said\n", number);
    }
}

fn wait_for_printed(logs: &Running, text: &str, times: usize) {
    until(&format!("{text:?} is printed {times} times"), || match logs.printed() {
        printed if printed.matches(text).count() == times => Look::Done(()),
        printed => Look::NotYet(format!("{printed}{}", logs.said())),
    });
}

/// Waits until `logs` has said whose log it prints.
fn wait_for_start(logs: &Running) {
    until("logs have begun", || match logs.said() {
        said if said.contains("`beta` in run ") => Look::Done(()),
        said => Look::NotYet(said),
    });
}

#[test]
fn the_log_of_a_run_that_goes_on_is_printed_and_then_that_of_the_last() {
    let project = project();
    let run = project.up();
    run.get("beta", "/say");
    let output = project.xtask(["logs", "beta"]).run();
    output.exits(exit::SUCCESS);
    assert_eq!(output.stdout, run.read("logs/beta.log"));
    assert!(output.stdout.ends_with("\nsaid\n"), "{output}");
    insta::assert_snapshot!(redact(&output.stderr), @"`beta` in run [run id] of `alpha`, which is kept");

    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    let over = project.xtask(["logs", "beta"]).run();
    assert_eq!(over.exits(exit::SUCCESS).stdout, output.stdout);
    over.says(&format!("`beta` in run {} of `alpha`, which is over", run.id()));
    // There is nothing to wait for.
    let followed = project.xtask(["logs", "beta", "-f", "-q"]).run();
    assert_eq!(followed.exits(exit::SUCCESS).stdout, output.stdout);
    assert_eq!(followed.stderr, "");
}

#[test]
fn a_log_is_followed_until_its_run_is_ended() {
    let project = project();
    let run = project.up();
    let logs = project.xtask(["logs", "beta", "--follow"]).start();
    say(&run, &logs, 3);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    let output = logs.finish();
    output.exits(exit::SUCCESS).says(&format!("run {} has ended", run.id()));
    assert_eq!(output.stdout, project.finished_run().read("logs/beta.log"));
}

#[test]
fn the_log_of_a_run_that_is_under_way_is_followed_until_it_is_over() {
    let project = project();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    let logs = project.xtask(["logs", "beta", "-f"]).start();
    say(&project.kept_run(), &logs, 1);
    project.let_test_go_on();
    harness.finish().exits(exit::SUCCESS);
    logs.finish().exits(exit::SUCCESS).says("which is active").says("has ended");
}

#[test]
fn a_log_is_followed_over_a_start_of_its_service() {
    let project = project();
    let run = project.up();
    let logs = project.xtask(["logs", "beta", "-f"]).start();
    say(&run, &logs, 1);
    project.process("beta").unwrap().kill();
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    wait_for_printed(&logs, "beta listens on ", 2);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    logs.finish().exits(exit::SUCCESS);
}

#[test]
fn whoever_follows_ends_it_by_a_signal() {
    let project = project();
    let run = project.up();
    for (signal, code) in [(Signal::INT, exit::SIGINT), (Signal::TERM, exit::SIGTERM)] {
        let logs = project.xtask(["logs", "beta", "-f"]).start();
        wait_for_printed(&logs, "beta listens on ", 1);
        logs.signal(signal);
        logs.finish().exits(code).does_not_say("error: ");
    }
    // Also where nobody takes what there is to print.
    project.beta_begins_with("eprintln!(\"{}\", \"x\".repeat(1 << 20));");
    project.up();
    let (_reader, writer) = pipe().unwrap();
    let logs = project.xtask(["logs", "beta", "-f"]).start_writing_to(writer);
    wait_for_start(&logs);
    logs.signal(Signal::INT);
    logs.finish().exits(exit::SIGINT);
    assert_ne!(run.get("alpha", "/about"), "");
}

#[test]
fn following_ends_when_nobody_reads_any_more() {
    let project = project();
    let run = project.up();
    let (mut reader, writer) = pipe().unwrap();
    let logs = project.xtask(["logs", "beta", "-f"]).start_writing_to(writer);
    reader.read_exact(&mut [0; 5]).unwrap();
    drop(reader);
    // Nothing more is printed.
    logs.finish().exits(exit::SUCCESS);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    project.xtask(["logs", "beta", "-f"]).start_writing_to(full).finish().exits(exit::SUCCESS);
    assert!(run.is_kept());
}

#[test]
fn what_is_printed_is_harmless_to_a_terminal_and_unchanged_elsewhere() {
    let project = project();
    project.beta_begins_with("eprintln!(\"\\u{1b}[31mred\\u{7}\\u{1b}]0;title\");");
    project.up();
    let output = project.xtask(["logs", "beta"]).run();
    assert!(output.exits(exit::SUCCESS).stdout.contains("\u{1b}[31mred\u{7}"), "{output}");
    let output = project.xtask(["logs", "beta"]).run_with_data_on_terminal();
    assert!(output.exits(exit::SUCCESS).stdout.contains("\\x1b[31mred\\x07\\x1b]0;"), "{output}");
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
}

#[test]
fn the_run_can_be_named() {
    let project = project();
    let logs = |run: &Run| project.xtask(["logs", "beta", "--run", run.id()]).run();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let first = project.finished_run();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let second = project.finished().remove(1);
    let kept = project.up();
    for run in [&first, &second, &kept] {
        let output = logs(run);
        output.exits(exit::SUCCESS).says(run.id());
        assert_eq!(output.stdout, run.read("logs/beta.log"));
    }
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.xtask(["logs", "beta"]).run().exits(exit::SUCCESS).says(kept.id());
    std::fs::remove_dir_all(project.finished().remove(2).folder()).unwrap();
    project.xtask(["logs", "beta"]).run().exits(exit::SUCCESS).says(second.id());
    let gone = logs(&kept);
    gone.exits(exit::USAGE);
    insta::assert_snapshot!(gone.error(), @"
    error: there is no run [run id]
    hint: `cargo xtask status` lists runs that go on; those that are over lie in [temp]/pair/target/onetag/finished
    ");
}

#[test]
fn a_log_whose_keeper_is_gone_is_there_and_is_not_waited_for() {
    let project = project();
    let run = project.up();
    let logs = project.xtask(["logs", "beta", "-f"]).start();
    say(&run, &logs, 1);
    project.lose_keeper();
    let output = logs.finish();
    output.exits(exit::SUCCESS).says(&format!("the keeper of run {} is gone", run.id()));
    let after = project.xtask(["logs", "beta", "-f"]).run();
    assert_eq!(after.exits(exit::SUCCESS).stdout, output.stdout);
    after.says("which is orphaned");
}

#[test]
fn workspaces_that_share_a_target_folder_have_logs_of_their_own() {
    let project = project();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let mut other = Project::new();
    other.share_target_of(&project);
    let output = other.xtask(["logs", "beta"]).run();
    output.exits(exit::FAILURE).says("no run of this workspace has a log of `beta`");
}

#[test]
fn a_log_that_there_is_not_is_named_with_those_that_there_are() {
    let project = project();
    let before = project.xtask(["logs", "beta"]).run();
    before.exits(exit::FAILURE);
    insta::assert_snapshot!(before.error(), @"
    error: no run of this workspace has a log of `beta`
    hint: `cargo xtask e2e <SERVICE>` or `up` makes one
    ");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let unknown = project.xtask(["logs", "betta", "-f"]).run();
    unknown.exits(exit::USAGE);
    insta::assert_snapshot!(unknown.error(), @"
    error: no run of this workspace has a log of `betta`
    hint: did you mean `beta`? logs: alpha, beta, keeper
    ");
    for name in ["../ledger", "../logs/beta", "/etc/passwd", ""] {
        project.xtask(["logs", name]).run().exits(exit::USAGE).says("has a log of");
    }
    // A service that no run has had yet.
    project.replace("beta/Cargo.toml", "port =", "name = \"gamma\"\nport =");
    project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"gamma\"]");
    project.replace("alpha/Cargo.toml", "{beta.url}", "{gamma.url}");
    let output = project.xtask(["logs", "gamma"]).run();
    output.exits(exit::FAILURE).says("hint: logs: alpha, beta, keeper");
}

#[test]
fn a_backend_is_asked_for_what_it_has_elsewhere() {
    let fake = FakeProject::new(&[]);
    fake.up();
    let output = fake.project.xtask(["logs", "beta"]).run();
    assert_eq!(output.exits(exit::SUCCESS).stdout, "beta was here\n");
    fake.faults(&["logs fail"]);
    let output = fake.project.xtask(["logs", "beta"]).run();
    assert_eq!(output.exits(exit::SUCCESS).stdout, "beta was here\n");
    output.says("warning: the log may lack its end: ").says("fails at the step `logs`");
    let output = fake.project.xtask(["logs", "alpha"]).run();
    output.exits(exit::FAILURE).says("no run of this workspace has a log of `alpha`");
    output.says("fails at the step `logs`");
    fake.faults(&[]);
}
