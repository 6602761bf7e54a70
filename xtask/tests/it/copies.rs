//! Runs whose folder is copied, moved or removed, and runs of an earlier boot.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::exit;
use crate::project::{Project, Run};

/// A boot that never was.
const OTHER_BOOT: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn a_run_in_a_copy_of_the_workspace_leaves_the_original_s_run_alone() {
    let project = Project::new();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    let copy = Project::copy_of(&project);
    fs::remove_dir(copy.path("tests/waits")).unwrap();
    copy.let_test_go_on();
    let run = project.kept_run();
    let output = copy.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says(&format!("threw away a copy of run {}", run.id()));
    copy.assert_nothing_is_left();
    project.let_test_go_on();
    harness.finish().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}

#[test]
fn a_copy_of_a_kept_run_is_no_run_and_can_be_thrown_away() {
    let project = Project::new();
    let run = project.up();
    let before = project.processes();
    let copy = Project::copy_of(&project);
    let output = copy.xtask(["status"]).run();
    assert!(output.exits(exit::SUCCESS).stdout.contains("  copy  "), "{output}");
    copy.nextest().run().exits(exit::HOOK_FAILED).says("and there is none");
    let output = copy.xtask(["down", "alpha"]).run();
    output.exits(exit::SUCCESS).says(&format!("threw away a copy of run {}", run.id()));
    copy.assert_nothing_is_left();
    assert_eq!(project.processes(), before);
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_run_that_was_moved_can_be_ended() {
    let project = Project::new();
    project.up();
    let moved = project.temp_path().join("moved");
    fs::rename(project.root(), &moved).unwrap();
    let output = project.xtask(["status"]).in_folder(&moved).run();
    assert!(output.exits(exit::SUCCESS).stdout.contains("  kept  "), "{output}");
    let output = project.xtask(["up", "alpha"]).in_folder(&moved).run();
    output.is_refused_before_the_build().says("the folder of the kept run of `alpha` was moved");
    output.says("hint: `cargo xtask down alpha` ends it");
    project.xtask(["down", "alpha"]).in_folder(&moved).run().exits(exit::SUCCESS);
    fs::rename(&moved, project.root()).unwrap();
    project.assert_nothing_is_left();
}

#[test]
fn a_kept_run_whose_folder_is_removed_ends_by_itself() {
    let project = Project::new();
    project.up();
    let removed = Instant::now();
    project.cargo(["clean"]).run().exits(exit::SUCCESS);
    project.wait_until_nothing_is_left();
    assert!(removed.elapsed() < Duration::from_secs(10), "{:?}", removed.elapsed());
}

#[test]
fn a_test_that_removes_the_folder_of_its_run_fails_it() {
    let project = Project::new();
    let remove = "std::fs::remove_dir_all(variable(\"ONETAG_RUN_DIR\")).unwrap();";
    project.add_test("zz_removes_the_folder", remove);
    for line in [&["e2e", "alpha"][..], &["e2e", "alpha", "--keep"]] {
        let output = project.xtask(line.iter().copied()).run();
        output
            .exits(exit::FAILURE)
            .says("onetag/runs/")
            .says("was removed while the run was under way");
        project.assert_nothing_is_left();
    }
}

#[test]
fn a_test_that_removes_the_folder_of_its_kept_run_fails_it() {
    let project = Project::new();
    let remove = "std::fs::remove_dir_all(variable(\"ONETAG_RUN_DIR\")).unwrap();";
    project.add_test("zz_removes_the_folder", remove);
    project.up();
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("was removed while the run was under way");
    project.wait_until_nothing_is_left();
}

#[test]
fn a_harness_whose_target_folder_is_cleaned_ends() {
    let project = Project::new();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_waiting_test();
    fs::remove_dir_all(project.target()).unwrap();
    project.let_test_go_on();
    harness.finish().exits(exit::FAILURE).says("was removed while the run was under way");
    project.assert_nothing_is_left();
}

/// A kept run as a boot leaves it: nothing runs, its processes have the numbers of
/// others, and its file system may have another number.
fn rebooted(project: &Project) -> (Run, Child) {
    let run = project.up();
    project.lose_keeper();
    let stranger = Command::new("sleep").arg("600").spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", stranger.id())).unwrap();
    let start_time = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(19).unwrap();
    let ledger = run.ledger();
    let lines = ledger.lines().map(|line| {
        let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
        // A port has its number there.
        if let Some(id) = entry.pointer_mut("/resource/id").filter(|id| id.is_object()) {
            id["pid"] = stranger.id().into();
            id["start_time"] = start_time.into();
            id["boot_id"] = OTHER_BOOT.into();
        }
        if let Some(origin) = entry.get_mut("origin") {
            origin["boot_id"] = OTHER_BOOT.into();
            origin["device"] = 1.into();
        }
        format!("{entry}\n")
    });
    fs::write(run.path("ledger.jsonl"), lines.collect::<String>()).unwrap();
    (run, stranger)
}

/// Nobody has ended it before.
fn end_stranger(mut stranger: Child) {
    assert_eq!(stranger.try_wait().unwrap(), None);
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_kept_run_of_an_earlier_boot_is_started_again_as_it_was() {
    let project = Project::new();
    let (run, stranger) = rebooted(&project);
    let url = run.url("beta");
    let output = project.xtask(["status"]).run();
    let shown = &output.exits(exit::SUCCESS).stdout;
    assert!(shown.contains("  orphaned since the last boot  "), "{output}");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(run.url("beta"), url);
    assert_eq!(run.get("beta", "/starts"), "xx", "beta's data is gone");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    end_stranger(stranger);
}

#[test]
fn a_kept_run_of_an_earlier_boot_can_be_ended() {
    let project = Project::new();
    let (_, stranger) = rebooted(&project);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
    end_stranger(stranger);
}

#[test]
fn a_kept_run_of_another_workspace_is_named_as_such() {
    let here = Project::new();
    let run = here.up();
    let mut there = Project::new();
    there.share_target_of(&here);
    let output = there.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says(&format!(
        "there is no kept run of `alpha` of this workspace; run {} is of {}",
        run.id(),
        here.root()
    ));
    output.says("hint: cargo xtask up alpha");
    there.nextest().run().exits(exit::HOOK_FAILED).says(here.root().as_str());
    let output = there.xtask(["down", "alpha"]).run();
    output.exits(exit::SUCCESS).says(&format!("run {} is of {}", run.id(), here.root()));

    let line = format!("of workspace {}", here.root());
    let shown = |project: &Project| project.xtask(["status"]).run().stdout.contains(&line);
    assert!(shown(&there));
    assert!(!shown(&here));
    let output = there.xtask(["status", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["runs"][0]["workspace"], here.root().as_str());
    // Both see the same folder of runs.
    here.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
}
