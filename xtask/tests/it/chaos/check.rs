//! What has to be so after a round.

use std::net::TcpListener;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::codes;
use super::round::{Plan, Verb};
use super::strike::Victim;
use crate::exit;
use crate::project::{Output, Process, Project, Run};
use crate::wait::{Look, until};

/// What was there before the command.
pub(super) struct Before {
    kept: Option<Run>,
    services: Vec<Process>,
}

impl Before {
    pub(super) fn of(project: &Project) -> Before {
        let services = ["alpha", "beta"].iter().filter_map(|name| project.process(name));
        let kept = project.runs().into_iter().find(Run::is_kept);
        Before { kept, services: services.collect() }
    }
}

/// Checks the exit, what a kept run has to survive, and that the next command
/// leaves nothing but a kept run and is green.
#[track_caller]
pub(super) fn check(
    project: &Project,
    plan: &Plan,
    struck: bool,
    before: &Before,
    output: &Output,
) {
    let fail = |what: &str| -> ! {
        let runs = project.runs();
        let ledgers: Vec<String> = runs.iter().map(Run::ledger).collect();
        panic!(
            "{what}\nthis round again: {plan:#?}\n{output}\nruns: {runs:?}\n{}\nprocesses: {:?}",
            ledgers.join("\n"),
            project.processes()
        )
    };
    if let Some(wrong) = codes::wrong(plan, struck, output) {
        fail(&wrong);
    }
    if let (true, Some(kept)) = (must_survive(plan), &before.kept) {
        if !project.runs().contains(kept) || project.process("keeper").is_none() {
            fail("the kept run did not survive");
        }
        let keeps_services = matches!(plan.verb, Verb::Test | Verb::Status | Verb::Hook);
        if keeps_services && !before.services.iter().all(Process::lives) {
            fail("services of the kept run ended");
        }
    }

    // The next command, which clears up.
    let next = project.xtask(["e2e", "alpha"]).run();
    if next.code() != Some(exit::SUCCESS) || next.stderr.contains("left behind") {
        fail(&format!("the next command is not green, or finds something:\n{next}"));
    }
    until(
        &format!("nothing is left after {plan:?} with\n{output}\nand then\n{next}"),
        || match left(project) {
            nothing if nothing.is_empty() => Look::Done(()),
            left => Look::NotYet(left.join("\n")),
        },
    );
    if let Some(damaged) = damaged_ledger(project) {
        fail(&damaged);
    }
    // A kept run can be taken up again, whatever was done to it.
    if !project.runs().is_empty() && must_survive(plan) {
        let up = project.xtask(["up", "alpha"]).run();
        if up.code() != Some(exit::SUCCESS) {
            fail(&format!("the kept run cannot be brought up to date:\n{up}"));
        }
        let test = project.xtask(["test", "alpha"]).run();
        if test.code() != Some(exit::SUCCESS) {
            fail(&format!("the kept run cannot be tested:\n{test}"));
        }
    } else if !project.runs().is_empty() {
        let down = project.xtask(["down", "alpha"]).run();
        if down.code() != Some(exit::SUCCESS) || !project.runs().is_empty() {
            fail(&format!("the kept run cannot be ended:\n{down}"));
        }
    }
}

/// A kept run survives all but its end and what is done to its keeper.
fn must_survive(plan: &Plan) -> bool {
    let strikes = [Some(&plan.first), plan.second.as_ref()].into_iter().flatten();
    plan.verb.wants_a_kept_run()
        && plan.verb != Verb::Down
        && strikes.into_iter().all(|strike| strike.victim != Victim::Keeper)
}

/// What is there and should not be: a kept run may have its keeper and its
/// services, nobody else anything.
fn left(project: &Project) -> Vec<String> {
    let kept: Vec<Run> = project.runs().into_iter().filter(Run::is_kept).collect();
    let mut left: Vec<String> = project
        .runs()
        .iter()
        .filter(|run| !kept.contains(run))
        .map(|run| format!("{run:?}"))
        .collect();
    let mut processes = project.processes();
    processes.extend(Process::executing_below(project.target()));
    let of_kept = |process: &Process| {
        let kept_names = ["keeper", "alpha", "beta", "conmon"];
        !kept.is_empty() && kept_names.iter().any(|name| process.is(name))
    };
    if let Some(engine) = project.engine {
        let mut made = crate::engines::left(engine, project);
        made.retain(|name| !kept.iter().any(|run| name.contains(run.id())));
        left.extend(made);
    }
    left.extend(processes.iter().filter(|it| !of_kept(it)).map(|it| format!("{it:?}")));
    left.extend(partial(&project.onetag()).iter().map(Utf8PathBuf::to_string));
    for run in project.finished() {
        let leases = entries(&run).into_iter().filter(|entry| entry["resource"]["what"] == "port");
        for port in leases.filter_map(|entry| entry["resource"]["id"].as_u64()) {
            // Somebody else may have it by now, but nobody of this copy: there is
            // no process left.
            if kept.is_empty() && TcpListener::bind(("127.0.0.1", port as u16)).is_err() {
                left.push(format!("port {port} of {run:?}"));
            }
        }
    }
    left
}

/// Files that were being written.
fn partial(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        if name.contains("partial") {
            found.push(entry.path().to_owned());
        } else if is_folder {
            found.extend(partial(entry.path()));
        }
    }
    found
}

/// The lines of a ledger; one that cannot be read is null.
fn entries(run: &Run) -> Vec<Value> {
    run.ledger().lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
}

/// A ledger with a line that nobody wrote; one may be cut off, and the next one
/// stand behind it.
fn damaged_ledger(project: &Project) -> Option<String> {
    let is_cut = |line: &str| line.matches("{\"entry\":").count() > 1;
    let runs = project.runs().into_iter().chain(project.finished());
    let mut damaged = runs.filter(|run| {
        let ledger = run.ledger();
        let lines = ledger.lines().zip(entries(run));
        let damaged = lines.filter(|(line, entry)| entry.is_null() && !is_cut(line)).count();
        damaged > 0 || !(ledger.is_empty() || ledger.ends_with('\n'))
    });
    damaged.next().map(|run| format!("a ledger is damaged: {}", run.ledger()))
}
