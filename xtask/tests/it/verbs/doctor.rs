//! `doctor`: what this machine has, and how to mend what it lacks.

use serde_json::Value;

use crate::exit;
use crate::project::{Output, Project, redact};
use crate::seam::fixture::FakeProject;

fn json(project: &Project, arguments: &[&str], code: i32) -> Value {
    let output = doctor(project, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&output.exits(code).stdout).unwrap()
}

fn doctor(project: &Project, arguments: &[&str]) -> Output {
    project.xtask(["doctor"]).args(arguments.iter().copied()).run()
}

/// The check of this name among those of the machine.
fn check<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let mut checks = diagnosis["machine"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {diagnosis}"))
}

/// Without versions and sizes, and without the disk, which may be rather full.
fn without_numbers(text: &str) -> String {
    let word =
        |word: &str| match word.trim_start_matches('(').starts_with(|c: char| c.is_ascii_digit()) {
            true => "[number]".to_owned(),
            false => word.to_owned(),
        };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    let disk = |line: &&str| line.contains("disk space") || line.contains("cargo clean");
    redact(text).lines().filter(|line| !disk(line)).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_machine_that_has_everything_is_shown_and_nothing_is_made() {
    let project = Project::unbuilt();
    // Not every machine has PostgreSQL.
    let output = project.xtask(["doctor"]).env("ONETAG_POSTGRES_BIN", "/nowhere").run();
    output.exits(exit::SUCCESS);
    assert_eq!(output.stderr, "");
    let shown = without_numbers(&output.stdout);
    // Not every machine has the engines.
    let (before, engines) = shown.split_once("backend podman\n").unwrap();
    let (engines, after) = engines.split_once("databases\n").unwrap();
    assert!(engines.contains("\nbackend docker\n"), "{output}");
    insta::assert_snapshot!(format!("{before}databases\n{after}"), @r"
    this machine
      ok       cargo                 [number]
      ok       cargo-nextest         [number] (wanted: [number] or newer)
      ok       workspace             services: [number] suites: [number] in [temp]/pair
      ok       .config/nextest.toml  setup scripts are enabled, and there is a profile `e2e`
      ok       target folder         [temp]/pair/target
      ok       processes             /proc tells which there are
      ok       ptrace access         what services execute can be looked at
    backend process, the default
      ok       operating system  Linux
      ok       port leases       a service can bind a leased port of [number]
    databases
      ok       sqlite    embedded in the services that use it
      warning  postgres  there is no PostgreSQL server on this machine: /nowhere (wanted: [number] or newer, for `--database postgres` on `process`)
               hint: `apt-get install postgresql` brings it on Debian; or name the folder of its programs: ONETAG_POSTGRES_BIN=/path/to/bin
    runs can work on the backend `process`
    ");
    let diagnosis = json(&project, &["--on", "process"], exit::SUCCESS);
    assert_eq!((&diagnosis["works"], &diagnosis["backend"]), (&true.into(), &"process".into()));
    assert_eq!(diagnosis["backends"][0]["default"], true, "{diagnosis}");
    assert!(check(&diagnosis, "disk space")["found"].as_str().unwrap().ends_with("iB free"));
    assert!(!project.target().exists());
}

#[test]
fn a_nextest_that_is_too_old_or_not_there_is_a_failure_with_what_mends_it() {
    let project = Project::new();
    let version = |version: &str| {
        project.program("cargo-nextest", &format!("#!/bin/sh\necho 'cargo-nextest {version}'\n"));
    };
    version("0.9.100");
    let diagnosis = json(&project, &[], exit::FAILURE);
    let expected = serde_json::json!({
        "name": "cargo-nextest",
        "state": "failed",
        "found": "0.9.100",
        "wanted": "0.9.131 or newer",
        "mend": "cargo install --locked cargo-nextest",
    });
    assert_eq!(*check(&diagnosis, "cargo-nextest"), expected);
    assert_eq!(diagnosis["works"], false, "{diagnosis}");

    // What the repository wants counts as well.
    let wanted = "nextest-version = { required = \"0.9.140\", recommended = \"0.9.143\" }";
    project.replace(".config/nextest.toml", "nextest-version = \"0.9.131\"", wanted);
    for (found, state, code) in [
        ("0.9.139", "failed", exit::FAILURE),
        ("0.9.140", "warning", exit::SUCCESS),
        ("0.9.143", "ok", exit::SUCCESS),
    ] {
        version(found);
        let diagnosis = json(&project, &[], code);
        let check = check(&diagnosis, "cargo-nextest");
        assert_eq!(check["state"], state, "{check}");
        assert_eq!(check["wanted"], "0.9.140 or newer, best 0.9.143 or newer");
    }
    project.program("cargo-nextest", "#!/bin/sh\necho 'no such command' >&2\nexit 101\n");
    let output = doctor(&project, &[]);
    output.exits(exit::FAILURE);
    assert!(output.stdout.contains("  FAILED   cargo-nextest         no such command"), "{output}");
    assert!(output.stdout.ends_with("\nruns cannot work on the backend `process`\n"), "{output}");
}

#[test]
fn a_workspace_in_which_no_run_can_work_is_a_failure() {
    let project = Project::new();
    project.replace(".config/nextest.toml", "setup-scripts = true", "setup-scripts = false");
    let diagnosis = json(&project, &[], exit::FAILURE);
    let configuration = check(&diagnosis, ".config/nextest.toml");
    assert!(configuration["found"].as_str().unwrap().contains("lacks `setup-scripts = true`"));
    assert!(configuration["mend"].as_str().unwrap().contains("[experimental]\nsetup-scripts"));
    project.replace(".config/nextest.toml", "setup-scripts = false", "setup-scripts = true");

    project.append("alpha/Cargo.toml", "nosuch = 1\n");
    let diagnosis = json(&project, &[], exit::FAILURE);
    let workspace = check(&diagnosis, "workspace");
    assert!(workspace["found"].as_str().unwrap().contains("nosuch"), "{workspace}");
    // The others are looked at all the same.
    assert_eq!(check(&diagnosis, "cargo-nextest")["state"], "ok");
    assert_eq!(check(&diagnosis, "target folder")["state"], "ok");

    let outside = project.xtask(["doctor"]).in_folder(project.temp_path()).run();
    assert!(outside.exits(exit::FAILURE).stdout.contains("FAILED   workspace"), "{outside}");
}

#[test]
fn a_target_folder_that_cannot_be_used_is_a_failure() {
    let mut project = Project::in_folder("my pair");
    let diagnosis = json(&project, &[], exit::FAILURE);
    let folder = check(&diagnosis, "target folder");
    assert!(folder["found"].as_str().unwrap().contains("the character ' '"), "{folder}");
    assert!(folder["mend"].as_str().unwrap().contains("CARGO_TARGET_DIR"), "{folder}");
    project.build_into("elsewhere");
    json(&project, &[], exit::SUCCESS);
    let mut project = Project::new();
    project.build_into("pair/Cargo.toml/target");
    let diagnosis = json(&project, &[], exit::FAILURE);
    let folder = check(&diagnosis, "target folder");
    assert!(folder["found"].as_str().unwrap().contains("cannot be written to"), "{folder}");
}

#[test]
fn the_backend_that_is_asked_for_decides() {
    let fake = FakeProject::new(&[]);
    let project = &fake.project;
    let diagnosis = json(project, &["--on", "fake"], exit::SUCCESS);
    let names = diagnosis["backends"].as_array().unwrap().iter().map(|one| &one["backend"]);
    assert_eq!(
        Vec::from_iter(names),
        ["process", "podman", "docker", "kind", "kube", "fake"],
        "{diagnosis}"
    );
    fake.faults(&["doctor fail"]);
    let diagnosis = json(project, &["--on", "fake"], exit::FAILURE);
    assert_eq!(diagnosis["backends"][5]["works"], false, "{diagnosis}");
    let output = doctor(project, &[]);
    output.exits(exit::SUCCESS);
    assert!(output.stdout.contains("  FAILED   world  the fake backend fails"), "{output}");
    assert!(output.stdout.contains("\n           hint: take it out\n"), "{output}");
    fake.faults(&["doctor hang"]);
    let output = doctor(project, &["--on", "fake"]);
    output.exits(exit::FAILURE);
    assert!(output.stdout.contains("looking at what the backend `fake` needs took longer than 3s"));
    fake.faults(&[]);
    doctor(project, &["--on", "nosuch"])
        .exits(exit::USAGE)
        .says("only: process, podman, docker, kind, kube, fake");
}
