//! Asking the harness to end, and killing it, in each of its long phases.

use rustix::process::Signal;

use crate::exit;
use crate::project::{Project, Run, Running};
use crate::wait::{Look, until};

/// Writes a file and goes on forever.
const HANGS: &str = r#"
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/hangs"), "").unwrap();
    loop { std::thread::park() }
"#;

/// Takes no notice of SIGTERM.
const IGNORES_TO_BE_ASKED: &str = "
    unsafe extern \"C\" { fn signal(signal: i32, handler: usize) -> usize; }
    // SIG_IGN for SIGTERM.
    unsafe { signal(15, 1) };
";

/// A run that has come to a phase and stays there.
struct Stuck {
    project: Project,
    harness: Running,
}

impl Stuck {
    /// Cargo builds, and the keeper is there.
    fn in_build() -> Stuck {
        let project = Project::new();
        project.write("beta/build.rs", &format!("fn main() {{{HANGS}}}"));
        let harness = project.xtask(["e2e", "alpha"]).start();
        wait_for_file(&project, "beta/hangs");
        wait_for_leases(&project, 2);
        Stuck { project, harness }
    }

    /// A service is not ready yet.
    fn in_deploy() -> Stuck {
        let project = Project::new();
        project.beta_begins_with(HANGS);
        let harness = project.xtask(["e2e", "alpha"]).start();
        wait_for_file(&project, "beta/hangs");
        Stuck { project, harness }
    }

    /// A test runs.
    fn in_test() -> Stuck {
        let project = Project::new();
        project.add_test("hangs", HANGS);
        let harness = project.xtask(["e2e", "alpha"]).start();
        wait_for_file(&project, "tests/hangs");
        Stuck { project, harness }
    }

    /// A signal that can be handled ends the run, with the code of the signal.
    fn ends_in_order(self, signal: Signal, code: i32) {
        self.harness.signal(signal);
        let output = self.harness.finish();
        output.exits(code).says(&format!("interrupted by {}", name(signal)));
        self.project.assert_nothing_is_left();
        let report = self.project.finished_run().json("report.json");
        assert_eq!(report["exit"], code);
        assert!(report["leftovers"].as_array().unwrap().is_empty(), "{report}");
    }

    /// A harness that is killed leaves the teardown to the keeper.
    fn leaves_the_teardown_to_the_keeper(self) {
        self.harness.signal(Signal::KILL);
        self.harness.finish().is_killed();
        self.project.wait_until_nothing_is_left();
        let run = self.project.finished_run();
        assert!(run.read("ledger.jsonl").contains("tearing-down"));
    }
}

fn wait_for_file(project: &Project, relative: &str) {
    let path = project.path(relative);
    until(&format!("{path} exists"), || match path.exists() {
        true => Look::Done(()),
        false => Look::NotYet(format!("{:?}", project.processes())),
    });
}

/// Waits until the keeper holds as many ports: the harness is attached to it.
fn wait_for_leases(project: &Project, ports: usize) {
    until("the keeper holds the ports", || {
        let ledger = project.kept_run().read("ledger.jsonl");
        match ledger.lines().filter(|line| line.contains("\"port\"")).count() {
            held if held == ports => Look::Done(()),
            _ => Look::NotYet(ledger),
        }
    });
}

fn name(signal: Signal) -> &'static str {
    if signal == Signal::INT { "SIGINT" } else { "SIGTERM" }
}

#[test]
fn an_interrupted_build_ends_in_order() {
    Stuck::in_build().ends_in_order(Signal::INT, exit::SIGINT);
}

#[test]
fn a_terminated_build_ends_in_order() {
    Stuck::in_build().ends_in_order(Signal::TERM, exit::SIGTERM);
}

#[test]
fn an_interrupted_deployment_ends_in_order() {
    Stuck::in_deploy().ends_in_order(Signal::INT, exit::SIGINT);
}

#[test]
fn a_terminated_deployment_ends_in_order() {
    Stuck::in_deploy().ends_in_order(Signal::TERM, exit::SIGTERM);
}

#[test]
fn interrupted_tests_end_in_order() {
    Stuck::in_test().ends_in_order(Signal::INT, exit::SIGINT);
}

#[test]
fn terminated_tests_end_in_order() {
    Stuck::in_test().ends_in_order(Signal::TERM, exit::SIGTERM);
}

#[test]
fn a_harness_that_is_killed_while_it_builds_leaves_nothing() {
    Stuck::in_build().leaves_the_teardown_to_the_keeper();
}

#[test]
fn a_harness_that_is_killed_while_it_deploys_leaves_nothing() {
    Stuck::in_deploy().leaves_the_teardown_to_the_keeper();
}

#[test]
fn a_harness_that_is_killed_while_tests_run_leaves_nothing() {
    Stuck::in_test().leaves_the_teardown_to_the_keeper();
}

#[test]
fn a_run_that_nobody_is_left_of_is_cleared_up_by_the_next() {
    let Stuck { project, harness } = Stuck::in_deploy();
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    let dead = project.kept_run();

    project.replace("beta/src/main.rs", "loop { std::thread::park() }", "");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS);
    output.says(&format!("cleared up after run {}, which died", dead.id()));
    project.assert_nothing_is_left();
    assert_eq!(project.finished().len(), 2);
}

/// A command that tears a run down, of which a service does not end when asked.
fn interrupted_in_teardown(project: &Project, harness: Running) {
    until("the teardown begins", || {
        let ledgers: Vec<String> = project.runs().iter().map(Run::ledger).collect();
        match ledgers.iter().any(|ledger| ledger.contains("tearing-down")) {
            true => Look::Done(()),
            false => Look::NotYet(format!("{ledgers:?}")),
        }
    });
    harness.signal(Signal::INT);
    harness.signal(Signal::TERM);
    let output = harness.finish();
    // Two at once: either may be noticed first.
    assert!([exit::SIGINT, exit::SIGTERM].map(Some).contains(&output.code()), "{output}");
    output.says("error: interrupted by SIG");
    project.assert_nothing_is_left();
}

#[test]
fn a_signal_in_the_teardown_of_a_green_run_is_told() {
    let project = Project::new();
    project.beta_begins_with(IGNORES_TO_BE_ASKED);
    let harness = project.xtask(["e2e", "alpha"]).start();
    interrupted_in_teardown(&project, harness);
    assert!(project.finished_run().read("report.json").contains("interrupted by SIG"));
}

#[test]
fn a_signal_to_down_is_told_and_the_run_has_ended() {
    let project = Project::new();
    project.beta_begins_with(IGNORES_TO_BE_ASKED);
    project.up();
    let harness = project.xtask(["down", "alpha"]).start();
    interrupted_in_teardown(&project, harness);
}

#[test]
fn a_second_interrupt_kills_what_takes_its_time() {
    let project = Project::new();
    project.beta_begins_with(IGNORES_TO_BE_ASKED);
    project.add_test("hangs", HANGS);
    let harness = project.xtask(["e2e", "alpha"]).start();
    wait_for_file(&project, "tests/hangs");
    harness.signal(Signal::INT);
    until("the teardown begins", || {
        let ledger = project.kept_run().read("ledger.jsonl");
        if ledger.contains("tearing-down") { Look::Done(()) } else { Look::NotYet(ledger) }
    });
    let asked = std::time::Instant::now();
    harness.signal(Signal::INT);
    harness.finish().exits(exit::SIGINT);
    // Asked alone, the service would have been given 25 s.
    assert!(asked.elapsed() < std::time::Duration::from_secs(10), "{:?}", asked.elapsed());
    project.assert_nothing_is_left();
}

/// As below `nohup`.
#[test]
fn a_hang_up_that_is_ignored_stays_ignored() {
    let project = Project::new();
    project.add_test_that_waits();
    let harness = project.xtask(["e2e", "alpha"]).ignoring("HUP").start();
    project.wait_for_waiting_test();
    harness.signal(Signal::HUP);
    project.process("keeper").unwrap().signal(Signal::HUP);
    project.let_test_go_on();
    harness.finish().exits(exit::SUCCESS).says("4 tests run: 4 passed");
}
