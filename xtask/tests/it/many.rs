//! Eight runs at the same time, with edits while they build: each one tests the
//! bytes that it built itself.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::exit;
use crate::project::{Output, Project, Running};
use crate::wait::{Look, until};

const GREETING: &str = "hello from beta";

/// Where the number of the last edit stands: in a service, and in both suites.
const EDITED: [&str; 3] = ["beta/src/main.rs", "tests/suites/alpha.rs", "tests/suites/beta.rs"];

/// What `beta` executes, by its own account.
const BYTES: &str = r#"
        "/bytes" => {
            let own = format!("/proc/{}/exe", std::process::id());
            let sum = std::process::Command::new("sha256sum").arg(own).output().unwrap();
            let path = std::env::current_exe().unwrap();
            let sum = String::from_utf8(sum.stdout).unwrap();
            Some(format!("{}\n{}", sum.trim(), path.display()))
        }
        "/ready" =>"#;

/// A test that writes down what it is itself, and what it saw of `beta`.
const LOOKS: &str = r#"
    let own = "edit 0";
    let url = std::env::var("ONETAG_BETA_URL").unwrap();
    let about = tiny::get(&url, "/about").unwrap();
    let greeting = about.lines().find_map(|line| line.strip_prefix("greeting=")).unwrap();
    let bytes = tiny::get(&url, "/bytes").unwrap();
    std::fs::write(std::env::var("NOTES").unwrap() + ".seen", format!("{own}\n{greeting}\n{bytes}")).unwrap();
"#;

/// A cargo that notes what stands in the source before and after it builds, and
/// that lets nextest wait where somebody wants that.
const CARGO: &str = r#"#!/bin/sh
if [ "$1 $2" = "nextest run" ] && [ -n "$GATE" ]; then
  touch "$NOTES.waits"
  looks=0
  until [ -e "$GATE" ] || [ $looks = 2000 ]; do looks=$((looks + 1)); sleep 0.01; done
fi
case "$1" in build|test) ;; *) exec cargo "$@" ;; esac
numbers() { grep -oh 'edit [0-9]*' beta/src/main.rs tests/suites/*.rs; }
numbers >"$NOTES.$1.before"
cargo "$@"
code=$?
numbers >"$NOTES.$1.after"
exit $code
"#;

/// A workspace with two suites whose source is edited.
struct Edited {
    project: Project,
    edits: usize,
}

impl Edited {
    fn new() -> Edited {
        let project = Project::new();
        project.append("beta/Cargo.toml", "\n[package.metadata.onetag.suite]\n");
        project
            .append("tests/Cargo.toml", "\n[[test]]\nname = \"beta\"\npath = \"suites/beta.rs\"\n");
        project.write("tests/suites/beta.rs", "");
        let rules = project.read(".config/nextest.toml");
        let (_, rules) = rules.split_once("[scripts.setup.alpha]").unwrap();
        let rules = format!("[scripts.setup.alpha]{rules}").replace("alpha", "beta");
        project.append(".config/nextest.toml", &format!("\n{rules}"));
        let looks = format!("\n#[test]\nfn looks() {{\n{LOOKS}\n}}\n");
        for suite in ["tests/suites/alpha.rs", "tests/suites/beta.rs"] {
            project.append(suite, &looks);
        }
        project.replace("beta/src/main.rs", "\n        \"/ready\" =>", BYTES);
        project.replace("beta/src/main.rs", GREETING, "edit 0");
        project.program("noting-cargo", CARGO);
        let script = project.programs().join("noting-cargo");
        let xtask = env!("CARGO_BIN_EXE_xtask");
        let script = format!("#!/bin/sh\nshift\nCARGO='{script}' exec '{xtask}' \"$@\"\n");
        project.program("cargo-xtask", &script);
        Edited { project, edits: 0 }
    }

    /// Edits as an editor does: there is always a whole file.
    fn edit(&mut self, files: &[&str]) {
        let (before, after) = (self.edits, self.edits + 1);
        self.edits = after;
        for file in files {
            let source = self.project.read(file);
            let edited = source.replace(&format!("edit {before}\""), &format!("edit {after}\""));
            assert_ne!(source, edited);
            self.project.write("edited", &edited);
            fs::rename(self.project.path("edited"), self.project.path(file)).unwrap();
        }
    }

    fn notes(&self, run: usize) -> Utf8PathBuf {
        self.project.temp_path().join(format!("run-{run}"))
    }

    /// `cargo xtask e2e` for one of the suites.
    fn start(&self, run: usize) -> Running {
        self.start_with(run, "e2e", ["alpha", "beta"][run % 2])
    }

    fn start_with(&self, run: usize, verb: &str, suite: &str) -> Running {
        let command = self.project.xtask([verb, suite, "--format", "json"]);
        command.env("NOTES", self.notes(run).as_str()).start()
    }

    /// How many builds have begun, each with the call for its services.
    fn builds(&self, runs: usize) -> usize {
        (0..runs).filter(|run| read(&self.notes(*run), "build.before").is_some()).count()
    }
}

/// What a note says, once it is written.
fn read(notes: &Utf8Path, what: &str) -> Option<String> {
    fs::read_to_string(format!("{notes}.{what}")).ok().filter(|text| !text.is_empty())
}

/// Starts `runs` runs in each workspace at the same time, edits each one's source
/// whenever its next cargo call has begun, and looks at what they tested.
fn all_at_once(mut workspaces: Vec<Edited>, runs: usize) {
    let running: Vec<Vec<Running>> = workspaces
        .iter()
        .map(|workspace| (0..runs).map(|run| workspace.start(run)).collect())
        .collect();
    until("all cargo calls have begun", || {
        for workspace in &mut workspaces {
            // While every second one compiles; the others have a source at rest.
            if workspace.edits < workspace.builds(runs).div_ceil(2) {
                workspace.edit(&EDITED);
            }
        }
        match workspaces.iter().map(|workspace| workspace.builds(runs)).sum::<usize>() {
            all if all == runs * workspaces.len() => Look::Done(()),
            some => Look::NotYet(format!("{some} have begun")),
        }
    });
    for (workspace, running) in workspaces.iter().zip(running) {
        let outputs: Vec<Output> = running.into_iter().map(Running::finish).collect();
        let mut digests = BTreeMap::new();
        for (run, output) in outputs.iter().enumerate() {
            let (greeting, digest) = tested(workspace, run, output);
            let before = digests.insert(greeting, digest.clone());
            assert!(before.is_none_or(|before| before == digest), "{output}");
        }
        let mut different: Vec<&String> = digests.values().collect();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), digests.len(), "{digests:?}");
        assert!(digests.len() > 1, "all built the same: {digests:?}");
    }
    for workspace in &workspaces {
        workspace.project.assert_nothing_is_left();
    }
}

/// What a run tested, which is what it built: the greeting and the digest.
fn tested(workspace: &Edited, run: usize, output: &Output) -> (String, String) {
    let document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    let notes = workspace.notes(run);
    let seen = read(&notes, "seen").unwrap();
    let [own, greeting, sum, path] = seen.lines().collect::<Vec<_>>()[..] else { panic!("{seen}") };
    let digest = format!("sha256:{}", sum.split(' ').next().unwrap());

    // The source as it stood when the cargo calls of this very run ran: the one for
    // services, and the one for suites.
    let number = |text: &str| text.trim().trim_start_matches("edit ").parse::<usize>().unwrap();
    let stood =
        |what: &str| -> Vec<usize> { read(&notes, what).unwrap().lines().map(number).collect() };
    for (tested, call, file) in [(greeting, "build", 0), (own, "test", 1 + run % 2)] {
        let (before, after) = (format!("{call}.before"), format!("{call}.after"));
        let stood = stood(&before)[file]..=stood(&after)[file];
        assert!(stood.contains(&number(tested)), "{}: {stood:?}: {tested}", EDITED[file]);
    }

    let report = &document["runs"][0];
    let services = report["services"].as_array().unwrap();
    let beta = services.iter().find(|service| service["service"] == "beta").unwrap();
    assert_eq!(beta["digests"]["executable"], digest, "{output}");
    let witness = Utf8Path::new(report["folder"].as_str().unwrap()).join("witness.json");
    let witness: Value = serde_json::from_str(&fs::read_to_string(witness).unwrap()).unwrap();
    let replicas = witness["replicas"].as_array().unwrap();
    let beta = replicas.iter().find(|replica| replica["replica"] == "beta-0").unwrap();
    assert_eq!(
        (&beta["seen"], &beta["expected"]["executable"]),
        (&digest.clone().into(), &digest.clone().into())
    );
    let hash = digest.trim_start_matches("sha256:");
    assert!(path.contains(&format!("/executables/{hash}/")), "{path}");
    (greeting.to_owned(), digest)
}

#[test]
fn eight_runs_of_two_suites_test_what_each_one_built() {
    all_at_once(vec![Edited::new()], 8);
}

#[test]
fn eight_runs_in_two_copies_of_a_workspace_test_what_each_one_built() {
    all_at_once(vec![Edited::new(), Edited::new()], 4);
}

#[test]
fn eight_runs_in_two_copies_that_share_a_target_folder_test_what_each_one_built() {
    let first = Edited::new();
    let mut second = Edited::new();
    second.project.share_target_of(&first.project);
    all_at_once(vec![first, second], 4);
}

#[test]
fn tests_of_a_kept_run_at_once_are_those_that_each_command_built() {
    let mut workspace = Edited::new();
    workspace.start_with(0, "up", "alpha").finish().exits(exit::SUCCESS);
    let gate = workspace.project.temp_path().join("gate");
    let first = workspace.project.xtask(["test", "alpha", "--format", "json"]);
    let first = first.env("NOTES", workspace.notes(2).as_str()).env("GATE", gate.as_str()).start();
    let waits = format!("{}.waits", workspace.notes(2));
    until("nextest is about to start", || match fs::exists(&waits).unwrap() {
        true => Look::Done(()),
        false => Look::NotYet("it is not".to_owned()),
    });
    workspace.edit(&EDITED[1..]);
    let narrow = ["test", "alpha", "--format", "json", "--", "-E", "test(looks)"];
    let second = workspace.project.xtask(narrow).env("NOTES", workspace.notes(4).as_str()).start();
    until("the second one waits for the first", || match second.said() {
        said if said.contains("waiting for `test`, pid ") => Look::Done(()),
        said => Look::NotYet(said),
    });
    fs::write(&gate, "").unwrap();
    for (run, output, passed) in [(2, first.finish(), 4), (4, second.finish(), 1)] {
        tested(&workspace, run, &output);
        let document: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(document["runs"][0]["tests"]["passed"], passed, "{output}");
    }
    // What each command wrote for its own nextest went with it.
    let names = workspace.project.kept_run().names();
    assert!(names.contains(&"junit.xml".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains('-')), "{names:?}");
}

#[test]
fn commands_on_a_kept_run_test_what_each_one_built_beside_other_runs() {
    let mut workspace = Edited::new();
    workspace.start_with(0, "up", "alpha").finish().exits(exit::SUCCESS);
    let kept = workspace.project.kept_run();
    // Of the suite of the kept run every second one: the others have runs of their
    // own. Only suites are edited, so that nothing is stale.
    let runs: Vec<usize> = (2..8).collect();
    let verb = |run: &usize| ["test", "e2e"][run % 2];
    let suite = |run: &usize| ["alpha", "beta"][run % 2];
    let running: Vec<Running> =
        runs.iter().map(|run| workspace.start_with(*run, verb(run), suite(run))).collect();
    until("all cargo calls have begun", || {
        let begun = workspace.builds(8) - 1;
        if workspace.edits < begun.div_ceil(2) {
            workspace.edit(&EDITED[1..]);
        }
        if begun == runs.len() { Look::Done(()) } else { Look::NotYet(format!("{begun} have")) }
    });
    for (run, command) in runs.iter().zip(running) {
        let output = command.finish();
        tested(&workspace, *run, &output);
        let document: Value = serde_json::from_str(&output.stdout).unwrap();
        let passed = if suite(run) == "alpha" { 4 } else { 1 };
        assert_eq!(document["runs"][0]["tests"]["passed"], passed, "{output}");
    }
    assert_eq!(workspace.project.kept_run(), kept);
    let beside = workspace.start(9);
    for arguments in [&["status"][..], &["up", "alpha"], &["down", "alpha"]] {
        let command = workspace.project.xtask(arguments.iter().copied());
        command.env("NOTES", workspace.notes(10).as_str()).run().exits(exit::SUCCESS);
    }
    beside.finish().exits(exit::SUCCESS);
    workspace.project.assert_nothing_is_left();
}

/// Its manifest names no suite for it, and so `--all` does not run it.
#[test]
fn a_test_target_of_no_suite_is_named() {
    let project = Project::new();
    project.xtask(["e2e", "--all"]).run().exits(exit::SUCCESS).does_not_say("warning: ");
    project.append("tests/Cargo.toml", "\n[[test]]\nname = \"flow\"\npath = \"suites/flow.rs\"\n");
    project.write("tests/suites/flow.rs", "#[test]\nfn passes() {}\n");
    // Those of other packages are tests of their own.
    project.create("beta/tests/own.rs", "#[test]\nfn passes() {}\n");
    let warning = "warning: the test target `flow` of the package `e2e` belongs to no suite, so \
                   nothing here runs it; for one, add to Cargo.toml:\n\
                   \u{20} [workspace.metadata.onetag.suites.flow]\n";
    for arguments in [&["e2e", "--all"][..], &["e2e", "alpha"]] {
        let output = project.xtask(arguments.iter().copied()).run();
        output.exits(exit::SUCCESS).says(warning).does_not_say("`own`");
    }
    project.append("Cargo.toml", "\n[workspace.metadata.onetag.suites.flow]\n");
    let output = project.xtask(["e2e", "--all"]).run();
    output.exits(exit::SUCCESS).does_not_say("belongs to no suite").says("flow-");
}
