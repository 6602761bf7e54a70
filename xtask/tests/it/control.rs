//! What suites ask of their run, answered by the keeper.

mod database;
mod skips;

use onetag_control::{Capability, Control, Target};

use crate::exit;
use crate::project::{Project, Run};
use crate::wait::{Look, until};

fn control(run: &Run) -> Control {
    Control::connect(&run.environment()).unwrap()
}

fn beta() -> Target {
    Target::service("beta")
}

/// Waits until the keeper has brought a service back on its own.
fn wait_until_back(run: &Run, service: &str) {
    let about = format!("{}/about", run.url(service));
    until("it is back", || match minreq::get(&about).send() {
        Ok(_) => Look::Done(()),
        Err(error) => Look::NotYet(error.to_string()),
    });
}

/// A suite's control over raw lines, as somebody without our crate would have it.
const ASKS: &str = r##"
const HEAD: &str = r#"{"protocol":3,"number":1,"#;
fn ask(line: &str) -> String {
    use std::io::{BufRead, BufReader, Write};
    std::env::set_current_dir(variable("ONETAG_RUN_DIR")).unwrap();
    let mut keeper = std::os::unix::net::UnixStream::connect("keeper.sock").unwrap();
    writeln!(keeper, "{HEAD}{}", &line[1..]).unwrap();
    let mut answer = String::new();
    BufReader::new(&keeper).read_line(&mut answer).unwrap();
    // The connection stays open until the process of the test ends.
    std::mem::forget(keeper);
    answer.replacen(HEAD, "{", 1)
}
"##;

#[test]
fn a_service_is_stopped_and_started_at_the_same_address() {
    let project = Project::new();
    let run = project.up();
    let (control, before) = (control(&run), project.process("beta").unwrap());
    control.stop(&beta()).unwrap();
    assert_eq!(project.process("beta"), None);
    let refused = control.stop(&beta()).unwrap_err().to_string();
    assert_eq!(refused, "cannot stop service `beta`: it is stopped already");

    control.start(&beta()).unwrap();
    assert_eq!(run.get("beta", "/starts"), "xx");
    assert_ne!(project.process("beta").unwrap(), before);
    let refused = control.start(&beta()).unwrap_err().to_string();
    assert_eq!(refused, "cannot start service `beta`: service `beta` runs already");
}

#[test]
fn a_service_is_restarted_and_killed() {
    let project = Project::new();
    let run = project.up();
    let control = control(&run);
    control.restart(&beta()).unwrap();
    assert_eq!(run.get("beta", "/starts"), "xx");
    let away = control.killed(&beta()).unwrap();
    assert_eq!(project.process("beta"), None);
    away.restore().unwrap();
    assert_eq!(run.get("beta", "/starts"), "xxx");
}

#[test]
fn a_service_that_is_paused_answers_once_it_goes_on() {
    let project = Project::new();
    let run = project.up();
    let control = control(&run);
    let guard = control.paused(&beta()).unwrap();
    let about = format!("{}/about", run.url("beta"));
    let asked = std::thread::spawn(move || minreq::get(about).with_timeout(60).send());
    let status = project.xtask(["status"]).run();
    assert!(status.stdout.contains("paused, pid "), "{status}");
    let refused = control.pause(&beta()).unwrap_err().to_string();
    assert!(refused.starts_with("cannot pause service `beta`: it is paused"), "{refused}");
    assert!(!asked.is_finished());
    guard.restore().unwrap();
    assert_eq!(asked.join().unwrap().unwrap().status_code, 200);
    assert_eq!(run.get("beta", "/starts"), "x");
}

#[test]
fn a_service_that_is_paused_can_be_stopped_in_good_order() {
    let project = Project::new();
    let run = project.up();
    let control = control(&run);
    control.pause(&beta()).unwrap();
    let started = std::time::Instant::now();
    control.restart(&beta()).unwrap();
    // One that cannot hear is killed after 25 s.
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(run.get("beta", "/starts"), "xx");
}

#[test]
fn a_panic_brings_back_what_was_taken_away() {
    let project = Project::new();
    let run = project.up();
    let control = control(&run);
    let panicked = std::thread::scope(|scope| {
        let test = || {
            let _away = control.stopped(&beta()).unwrap();
            panic!("on purpose");
        };
        scope.spawn(test).join()
    });
    panicked.unwrap_err();
    assert_eq!(run.get("beta", "/starts"), "xx");
}

#[test]
fn what_a_test_took_away_comes_back_when_its_connection_ends() {
    let project = Project::new();
    let run = project.up();
    let take: [fn(&Control); 3] = [
        |control| control.stop(&beta()).unwrap(),
        |control| control.kill(&beta()).unwrap(),
        |control| control.pause(&beta()).unwrap(),
    ];
    for take in take {
        take(&control(&run));
        wait_until_back(&run, "beta");
    }
    assert_eq!(run.get("beta", "/starts"), "xxx");
}

#[test]
fn a_connection_gives_back_only_what_it_took() {
    let project = Project::new();
    let run = project.up();
    let (first, second) = (control(&run), control(&run));
    first.stop(&beta()).unwrap();
    second.kill(&Target::service("alpha")).unwrap();
    drop(second);
    until("alpha is back", || match project.process("alpha") {
        Some(_) => Look::Done(()),
        None => Look::NotYet("it is not".to_owned()),
    });
    assert_eq!(project.process("beta"), None);
    first.start(&beta()).unwrap();
}

#[test]
fn the_log_holds_what_all_starts_wrote() {
    let project = Project::new();
    let run = project.up();
    let control = control(&run);
    control.restart(&beta()).unwrap();
    let log = control.logs("beta").unwrap();
    assert_eq!(log.matches("beta listens on").count(), 2, "{log}");
    let refused = control.logs("gamma").unwrap_err().to_string();
    assert_eq!(
        refused,
        "cannot read the log of service `gamma`: the run has no such service, only: alpha, beta"
    );
}

#[test]
fn a_file_of_the_volume_is_copied_out_and_no_other() {
    let project = Project::new();
    let run = project.up();
    let (control, to) = (control(&run), project.temp_path().join("copy"));
    let volume = run.path("volumes/beta");
    for path in ["starts".into(), volume.join("starts")] {
        control.copy_out("beta", path.as_std_path(), to.as_std_path()).unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "x");
        std::fs::remove_file(&to).unwrap();
    }
    std::os::unix::fs::symlink(run.path("plan.json"), volume.join("link")).unwrap();
    for (path, reason) in [
        ("none", "there is no such file"),
        ("../alpha/x", "there is no such file"),
        ("../../plan.json", "it is not in the volume"),
        ("link", "it is not in the volume"),
        (".", "it is not a file"),
    ] {
        let refused = control.copy_out("beta", path.as_ref(), to.as_std_path()).unwrap_err();
        assert!(refused.to_string().contains(reason), "{path}: {refused}");
    }
    assert!(!to.exists());
}

#[test]
fn what_a_run_lacks_is_refused_and_what_the_database_cannot_do() {
    let project = Project::new();
    let run = project.up();
    let lacking = control(&run).stop(&Target::Database).unwrap_err().to_string();
    insta::assert_snapshot!(lacking, @r"
    cannot stop the database: the run lacks the capability `database-outage`, it has only: copy-out, kill, pause, stop
    hint: ask for it with `Control::unless_skipped`
    ");
    let killed = control(&run).kill(&Target::Database).unwrap_err().to_string();
    insta::assert_snapshot!(killed, @r"
    cannot kill the database: the database of this run is a file
    hint: it can be stopped and started, which holds its write lock and lets go of it
    ");
    let unknown = control(&run).stop(&Target::service("gamma")).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "cannot stop service `gamma`: the run has no such service, only: alpha, beta"
    );
    let needed = [Capability::Stop, Capability::DatabaseOutage];
    assert!(Control::unless_skipped(&run.environment(), &needed).unwrap().is_none());
}

#[test]
fn a_service_that_does_not_become_ready_again_is_an_error_with_its_last_words() {
    let project = Project::new();
    project.beta_begins_with(
        r#"if std::fs::read_to_string(format!("{}/starts", std::env::var("DATA_DIR").unwrap_or_default())).is_ok() {
            eprintln!("once is enough");
            std::process::exit(3);
        }"#,
    );
    let run = project.up();
    let refused = control(&run).restart(&beta()).unwrap_err().to_string();
    assert!(refused.contains("service `beta` ended with code 3 before it was ready"), "{refused}");
    assert!(refused.contains("once is enough"), "{refused}");
}

#[test]
fn the_witness_looks_at_what_was_started_again() {
    let project = Project::new();
    project.replace(
        "tests/suites/alpha.rs",
        "use tiny::get;\n",
        &format!("use tiny::get;\n{ASKS}"),
    );
    project.add_test(
        "restarts_beta",
        r##"
        let answer = ask(r#"{"control":"restart","target":"beta"}"#);
        assert_eq!(answer, "{\"answer\":\"done\"}\n");
        // Stopped, and left to the keeper to be brought back.
        ask(r#"{"control":"stop","target":"beta"}"#);
        "##,
    );
    project.xtask(["e2e", "alpha", "--", "-E", "test(restarts_beta)"]).run().exits(exit::SUCCESS);
    let run = project.finished_run();
    let replicas = run.json("witness.json")["replicas"].as_array().unwrap().clone();
    let seen = replicas.iter().find(|replica| replica["replica"] == "beta-0").unwrap();
    let ledger = run.read("ledger.jsonl");
    let entries =
        ledger.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let started: Vec<_> = entries
        .filter(|entry| {
            let resource = &entry["resource"];
            let is_beta = resource["what"] == "process" && resource["name"] == "beta";
            entry["entry"] == "owned" && is_beta
        })
        .map(|entry| format!("pid {}", entry["resource"]["id"]["pid"]))
        .collect();
    assert_eq!(started.len(), 3, "{ledger}");
    assert_eq!(seen["location"], *started[2]);
}

#[test]
fn a_service_that_a_kept_run_needs_no_more_is_not_missed_after_the_tests() {
    let project = Project::new();
    project.up();
    project.replace("alpha/Cargo.toml", "needs = [\"beta\"]\n", "");
    project.replace("alpha/Cargo.toml", ", BETA_URL = \"{beta.url}\"", "");
    project.replace(
        "alpha/src/main.rs",
        ".expect(\"BETA_URL is not set\")",
        ".unwrap_or_default()",
    );
    project.replace(
        "alpha/src/main.rs",
        "tiny::get(&beta, \"/ready\").ok()",
        "Some(String::new())",
    );
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(project.process("beta"), None);
    let only = ["test", "alpha", "--", "-E", "test(tests_are_not_owned)"];
    project.xtask(only).run().exits(exit::SUCCESS);
}
