//! `gc`: what goes, and what is left alone.

use std::fs::{self, File};

use serde_json::Value;

use crate::exit;
use crate::project::{Output, Project, Run, redact};
use crate::seam::fixture::FakeProject;

/// A run that began in March 2021.
const OLD: &str = "01787c9a0c007000800000000000000a";

/// What `gc` tells with these arguments.
fn json(project: &Project, arguments: &[&str], code: i32) -> Value {
    let output = gc(project, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&output.exits(code).stdout).unwrap()
}

fn gc(project: &Project, arguments: &[&str]) -> Output {
    project.xtask(["gc"]).args(arguments.iter().copied()).run()
}

/// The names of what went of this kind.
fn names<'a>(report: &'a Value, kind: &str) -> Vec<&'a str> {
    let removed = report["removed"].as_array().unwrap().iter();
    let of_kind = removed.filter(|item| item["kind"] == kind);
    of_kind.map(|item| item["name"].as_str().unwrap()).collect()
}

/// What a dry run tells is what goes then, all of it.
fn goes_as_told(project: &Project, arguments: &[&str]) -> Value {
    let gone = goes_as_told_once(project, arguments);
    let nothing = json(project, arguments, exit::SUCCESS);
    assert_eq!(nothing["removed"].as_array().unwrap().len(), 0, "{nothing}");
    gone
}

fn goes_as_told_once(project: &Project, arguments: &[&str]) -> Value {
    let mut told = json(project, &[arguments, &["--dry-run"]].concat(), exit::SUCCESS);
    assert_eq!(told["dry_run"], true, "{told}");
    let gone = json(project, arguments, exit::SUCCESS);
    told["dry_run"] = false.into();
    assert_eq!(told, gone);
    gone
}

/// Kills the harness and the keeper of a run whose test waits.
fn dead_run(project: &Project) -> Run {
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    project.processes().iter().for_each(|process| process.wait_until_gone());
    fs::remove_dir(project.path("tests/waits")).unwrap();
    project.kept_run()
}

#[test]
fn a_dead_run_goes_at_once_and_its_logs_stay() {
    let project = Project::new();
    project.add_test_that_waits();
    let run = dead_run(&project);
    // Only the dead run refers to its executable then.
    fs::remove_file(project.cache().join("executables/service-beta.json")).unwrap();
    let told = gc(&project, &["--dry-run"]);
    assert!(told.exits(exit::SUCCESS).stdout.contains("dead run "), "{told}");
    assert!(told.stdout.contains("\nwould remove 2 things, "), "{told}");
    assert_eq!(project.kept_run().id(), run.id());
    let gone = goes_as_told_once(&project, &["--older-than", "0s"]);
    assert_eq!(names(&gone, "run"), [run.id()]);
    assert!(names(&gone, "executable")[0].ends_with("/beta"), "{gone}");
    assert!(gone["bytes"].as_u64().unwrap() > 0, "{gone}");
    project.assert_nothing_is_left();
    let logs = project.xtask(["logs", "beta"]).run();
    assert!(logs.exits(exit::SUCCESS).stdout.contains("beta listens on "), "{logs}");
}

#[test]
fn runs_that_go_on_are_left_alone_and_named() {
    let project = Project::new();
    let kept = project.up();
    project.xtask(["e2e", "alpha", "--", "services_find"]).run().exits(exit::SUCCESS);
    project.add_test_that_waits();
    let only = ["e2e", "alpha", "--", "-E", "test(waits)"];
    let harness = project.xtask(only).start();
    project.wait_for_waiting_test();
    let output = gc(&project, &["--older-than", "0s"]);
    output.exits(exit::SUCCESS);
    for (run, state) in project.runs().iter().zip(["kept", "active"]) {
        let line = format!("     stays  run {}: `alpha`, {state}\n", run.id());
        assert!(output.stdout.contains(&line), "{output}");
    }
    assert!(project.finished().is_empty());
    assert!(kept.get("alpha", "/about").contains("greeting=hello from alpha"));
    project.let_test_go_on();
    harness.finish().exits(exit::SUCCESS);
    project.lose_keeper();
    let report = json(&project, &[], exit::SUCCESS);
    assert_eq!(report["left"][0]["why"], "`alpha`, orphaned", "{report}");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(kept.get("beta", "/starts"), "xx");
}

#[test]
fn finished_runs_go_by_their_age() {
    let project = Project::new();
    for _ in 0..2 {
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    }
    let old = project.onetag().join("finished").join(OLD);
    fs::rename(project.finished().remove(0).folder(), &old).unwrap();
    // It is one of the last 20.
    assert_eq!(json(&project, &[], exit::SUCCESS)["removed"], serde_json::json!([]));
    assert!(old.exists());
    let gone = goes_as_told(&project, &["--older-than", "1day"]);
    assert_eq!(names(&gone, "finished-run"), [OLD]);
    assert_eq!(project.finished().len(), 1);
    let output = gc(&project, &["--older-than", "0s"]);
    let said = redact(&output.exits(exit::SUCCESS).stdout);
    assert!(said.contains("  finished run [run id]\nremoved 1 thing, "), "{output}");
    assert!(project.finished().is_empty());
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn more_finished_runs_than_stay_go_all_at_once() {
    let project = Project::new();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    for number in 0..60 {
        let run = format!("01787c9a0c0070008000000000{number:06x}");
        project.create(&format!("target/onetag/finished/{run}/report.json"), "{}");
    }
    let gone = goes_as_told(&project, &[]);
    assert_eq!(names(&gone, "finished-run").len(), 41);
    assert_eq!(project.finished().len(), 20);
}

#[test]
fn what_nothing_refers_to_goes() {
    let project = Project::new();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let digest = "0".repeat(64);
    project.create(&format!("target/onetag/executables/{digest}/beta"), "bytes");
    project.create(&format!("target/onetag/files/{digest}/words.txt"), "more bytes");
    let note = project.cache().join("executables/service-gone.json");
    fs::write(&note, "{}").unwrap();
    let before = fs::read_dir(project.onetag().join("executables")).unwrap().count();
    let gone = goes_as_told(&project, &[]);
    assert_eq!(names(&gone, "executable"), [format!("executables/{digest}/beta")]);
    assert_eq!(names(&gone, "files"), [format!("files/{digest}")]);
    assert_eq!(names(&gone, "cache").len(), 1, "{gone}");
    assert_eq!(gone["bytes"], 5 + 10 + 2, "{gone}");
    assert_eq!(fs::read_dir(project.onetag().join("executables")).unwrap().count(), before - 1);

    // Somebody builds: what nobody refers to yet may be theirs.
    project.create(&format!("target/onetag/executables/{digest}/beta"), "bytes");
    let lock = File::options().write(true).open(project.onetag().join("build.lock")).unwrap();
    lock.lock().unwrap();
    let report = json(&project, &[], exit::SUCCESS);
    assert_eq!(report["left"][0]["why"], "somebody builds right now", "{report}");
    drop(lock);

    // A workspace that cannot be read any more.
    project.append("beta/Cargo.toml", "nosuch = 1\n");
    let output = gc(&project, &[]);
    output.exits(exit::SUCCESS).says("warning: the workspace cannot be read").says("nosuch");
    assert!(output.stdout.contains(&format!("5 B  executable executables/{digest}/beta\n")));
}

#[test]
fn copies_of_runs_go_and_the_original_stays() {
    let project = Project::new();
    let run = project.up();
    let copy = Project::copy_of(&project);
    let gone = goes_as_told(&copy, &[]);
    assert_eq!(names(&gone, "copy"), [run.id()]);
    assert!(run.get("alpha", "/about").contains("greeting=hello from alpha"));
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn what_a_dead_run_leaves_behind_is_a_problem() {
    let project = Project::new();
    project.add_test_that_waits();
    project.beta_begins_with(
        "let mut daemon = std::process::Command::new(\"setsid\");
         daemon.args([\"--fork\", \"sleep\", \"602\"]).status().unwrap();",
    );
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    let daemon = project.process("sleep").unwrap();
    let output = gc(&project, &[]);
    output.exits(exit::FAILURE);
    let problem = format!("left behind: process {} (sleep 602)\n", daemon.pid);
    assert!(output.stdout.contains(&problem), "{output}");
    assert!(daemon.lives());
    daemon.kill();
}

#[test]
fn a_backend_is_asked_for_what_is_of_no_run() {
    let fake = FakeProject::new(&[]);
    fake.up();
    let kept = fake.left();
    let objects = fake.world().join("objects");
    for (name, contents) in [("gone", "bytes"), ("theirs", "foreign")] {
        fs::write(objects.join(format!("{OLD}.{name}")), contents).unwrap();
    }
    let gone = goes_as_told(&fake.project, &[]);
    assert_eq!(names(&gone, "object"), [format!("{OLD}.gone")]);
    assert_eq!(gone["removed"][0]["backend"], "fake");
    let left = gone["left"].as_array().unwrap();
    assert!(left.iter().any(|left| left["why"] == "it is of another target folder"), "{gone}");
    fs::write(objects.join(format!("{OLD}.stuck")), "stuck").unwrap();
    let output = gc(&fake.project, &[]);
    output.exits(exit::FAILURE);
    let problem = format!("problem  cannot remove the object {OLD}.stuck: it is in use\n");
    assert!(output.stdout.contains(&problem), "{output}");
    for (fault, why) in [("sweep fail", "fails at the step `sweep`"), ("sweep hang", "took longer")]
    {
        fake.faults(&[fault]);
        let output = gc(&fake.project, &[]);
        output.exits(exit::FAILURE);
        assert!(output.stdout.contains("problem  `fake` does not tell what is left on it: "));
        assert!(output.stdout.contains(why), "{output}");
    }
    fake.faults(&[]);
    fake.project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert!(kept.iter().all(|object| !fake.left().contains(object)));
}

#[test]
fn where_nothing_was_there_is_nothing_to_remove() {
    let project = Project::unbuilt();
    for arguments in [&[][..], &["--dry-run"], &["--older-than", "24h"]] {
        let output = gc(&project, arguments);
        assert_eq!(output.exits(exit::SUCCESS).stdout, "nothing to remove\n");
        assert_eq!(output.stderr, "");
    }
    assert!(!project.target().exists());
    gc(&project, &["--older-than", "soon"]).exits(exit::USAGE).says("'soon'");
    gc(&project, &["--older-than", "-1h"]).exits(exit::USAGE);
}
