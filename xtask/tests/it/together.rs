//! Several runs at the same time, and what `status` shows of them.

use serde_json::Value;

use crate::exit;
use crate::project::{Project, redact};

#[test]
fn two_runs_of_one_suite_at_once_are_both_green() {
    let project = Project::new();
    let runs = [(); 2].map(|()| project.xtask(["e2e", "alpha"]).start());
    for run in runs {
        run.finish().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    }
    project.assert_nothing_is_left();
    assert_eq!(project.finished().len(), 2);
}

#[test]
fn a_run_beside_a_kept_one_leaves_it_alone() {
    let project = Project::new();
    let kept = project.up();
    let before = project.processes();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.processes(), before);
    assert_eq!(project.kept_run(), kept);
}

#[test]
fn status_shows_a_kept_run_to_people() {
    let project = Project::new();
    let output = project.xtask(["status"]).run();
    output.exits(exit::SUCCESS).says("there are no runs");
    project.up();
    let output = project.xtask(["status"]).run();
    let shown = redact(&output.exits(exit::SUCCESS).stdout);
    let (first, rest) = shown.split_once('\n').unwrap();
    assert!(first.starts_with("alpha-[run id]  kept  ") && first.ends_with("s old"), "{shown}");
    insta::assert_snapshot!(rest, @r"
    alpha  http://[address]  running, pid [number]
    beta   http://[address]  running, pid [number]
    [temp]/pair/target/onetag/runs/[run id]
    ");
}

#[test]
fn status_shows_a_kept_run_to_programs() {
    let project = Project::new();
    let run = project.up();
    let output = project.xtask(["status", "--format", "json"]).run();
    let status: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    let shown = &status["runs"][0];
    assert_eq!(shown["run_id"], run.id());
    assert_eq!(shown["state"], "kept");
    assert_eq!(shown["services"]["beta"]["url"], run.url("beta"));
    let beta = project.process("beta").unwrap();
    assert_eq!(shown["services"]["beta"]["state"], format!("running, pid {}", beta.pid));
}

#[test]
fn workspaces_that_share_a_target_folder_leave_each_other_s_runs_alone() {
    let project = Project::new();
    let run = project.up();
    let other = Project::new();
    let shared = |verb: &str| {
        other.xtask([verb, "alpha"]).env("CARGO_TARGET_DIR", project.target().as_str())
    };
    shared("down").run().exits(exit::SUCCESS).says("there is no kept run of `alpha`");
    shared("test").run().exits(exit::FAILURE).says("there is no kept run of `alpha`");
    assert!(run.get("alpha", "/about").contains("greeting=hello from alpha"));
}

#[test]
fn the_executable_cache_keeps_the_last_build_of_what_the_workspace_has() {
    let project = Project::new();
    let programs = || {
        let stored = project.onetag().join("executables").read_dir_utf8().unwrap();
        let inside = stored.flat_map(|folder| folder.unwrap().path().read_dir_utf8().unwrap());
        let mut names: Vec<_> = inside
            .map(|file| file.unwrap().file_name().split('-').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    // The test binary is called like its suite.
    assert_eq!(programs(), ["alpha", "alpha", "beta"]);
    project.replace("beta/src/main.rs", "hello from beta", "hello again");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(programs(), ["alpha", "alpha", "beta"]);

    for file in ["Cargo.lock", "beta/Cargo.toml"] {
        project.replace(file, "name = \"beta\"", "name = \"bravo\"");
    }
    project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"bravo\"]");
    project.replace("alpha/Cargo.toml", "{beta.url}", "{bravo.url}");
    project.replace("tests/suites/alpha.rs", "ONETAG_BETA_IMAGE", "ONETAG_BRAVO_IMAGE");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(programs(), ["alpha", "alpha", "bravo"]);

    // What a kept run executes stays for as long as that run.
    project.up();
    project.replace("beta/src/main.rs", "hello again", "hello once more");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(programs(), ["alpha", "alpha", "bravo", "bravo"]);
    // What other commands on it built does not.
    for number in 0..2 {
        project.append("tests/suites/alpha.rs", &format!("\n#[test] fn number_{number}() {{}}\n"));
        project.append("beta/src/main.rs", &format!("\n#[used] static NUMBER_{number}: u8 = 0;\n"));
        project.xtask(["test", "alpha"]).run().exits(exit::FAILURE).says("is stale");
    }
    assert_eq!(programs(), ["alpha", "alpha", "bravo", "bravo"]);
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(programs(), ["alpha", "alpha", "bravo"]);
    for number in 2..4 {
        project.append("tests/suites/alpha.rs", &format!("\n#[test] fn number_{number}() {{}}\n"));
        project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    }
    assert_eq!(programs(), ["alpha", "alpha", "bravo"]);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(programs(), ["alpha", "alpha", "bravo"]);
}

/// Cargo takes what one copy built for fresh in the other one, tests as well.
#[test]
fn copies_that_share_a_target_folder_are_tested_by_their_own_source() {
    let first = Project::new();
    let mut second = Project::new();
    second.share_target_of(&first);
    let copies = [(&first, "hello from the first"), (&second, "hello from the second")];
    for (project, greeting) in copies {
        project.replace("beta/src/main.rs", "hello from beta", greeting);
        project.add_test(
            "the_source_is_this_one",
            "let about = get(&variable(\"ONETAG_BETA_URL\"), \"/about\").unwrap();
             assert!(about.contains(&variable(\"EXPECTED\")), \"{about}\");",
        );
    }
    for (project, greeting) in [copies[0], copies[1], copies[0]] {
        let output = project.xtask(["e2e", "alpha"]).env("EXPECTED", greeting).run();
        output.exits(exit::SUCCESS).says("4 tests run: 4 passed");
    }
}

/// As two commands leave it that ask cargo at the same time, with an edit of a
/// manifest in between.
#[test]
fn a_package_graph_beside_the_key_of_another_is_asked_for_again() {
    let project = Project::new();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    std::fs::write(project.cache().join("graph.json"), "{}").unwrap();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
}
