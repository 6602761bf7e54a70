//! Suites take the server away, and it comes back with all that it acknowledged.

use onetag_control::{Control, Target};

use super::fixture::{
    self, server_folder, server_processes, wait_until_server_is_gone, with_postgres,
};
use crate::exit;
use crate::project::Run;
use crate::wait::{Look, until};

/// What `alpha` answers: nothing while it cannot reach its database.
fn ask(run: &Run, path: &str) -> Option<String> {
    let answer =
        minreq::get(format!("{}{path}", run.url("alpha"))).with_timeout(20).send().unwrap();
    (answer.status_code == 200).then(|| answer.as_str().unwrap().to_owned())
}

fn count(run: &Run) -> Option<String> {
    ask(run, "/count")
}

#[test]
fn what_was_acknowledged_outlives_stops_and_kills() {
    let project = with_postgres();
    let run = fixture::up(&project);
    let control = Control::connect(&run.environment()).unwrap();
    let database = Target::Database;
    let one = || Some("1".to_owned());
    assert_eq!(ask(&run, "/add"), one());

    control.stop(&database).unwrap();
    assert_eq!(count(&run), None);
    let refused = control.stop(&database).unwrap_err().to_string();
    assert_eq!(refused, "cannot stop the database: it is stopped already");
    let status = project.xtask(["status"]).run();
    assert!(status.stdout.contains("stopped"), "{status}");
    control.start(&database).unwrap();
    assert_eq!(count(&run), one());

    // Killed at once after it acknowledged a row.
    for rows in 2..6 {
        assert_eq!(ask(&run, "/add"), Some(rows.to_string()));
        let killed = control.killed(&database).unwrap();
        assert_eq!(count(&run), None);
        killed.restore().unwrap();
        assert_eq!(count(&run), Some(rows.to_string()));
    }
    // All of it halts: what it does for others is done by processes of their own.
    let paused = control.paused(&database).unwrap();
    let processes = server_processes(&server_folder(&run));
    assert!(processes.len() > 3, "{processes:?}");
    let halted = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('T')
    };
    assert!(processes.iter().all(halted));
    paused.restore().unwrap();
    control.restart(&database).unwrap();
    assert_eq!(count(&run), Some("5".to_owned()));
    assert!(control.logs("database").unwrap().contains("received fast shutdown request"));

    // A test that is killed cannot bring it back.
    control.stop(&database).unwrap();
    drop(control);
    until("the database is back", || match count(&run) {
        Some(_) => Look::Done(()),
        None => Look::NotYet("it is not".to_owned()),
    });
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_kept_run_goes_on_with_its_rows() {
    let project = with_postgres();
    let run = fixture::up(&project);
    let url = run.url("database");
    assert_eq!(ask(&run, "/add"), Some("1".to_owned()));
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("unchanged: alpha, beta, database");

    project.lose_keeper();
    wait_until_server_is_gone(&server_folder(&run));
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("started again: alpha, beta, database");
    assert_eq!(run.url("database"), url);
    assert_eq!(count(&run), Some("1".to_owned()));

    let output = project.xtask(["test", "alpha", "--database", "sqlite"]).run();
    output.exits(exit::USAGE);
    insta::assert_snapshot!(output.error(), @r"
    error: the kept run of `alpha` does not keep its state in sqlite
    hint: cargo xtask down alpha && cargo xtask up alpha --database sqlite
    ");
    project.xtask(["test", "alpha", "--database", "postgres"]).run().exits(exit::SUCCESS);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    fixture::assert_nothing_is_left(&run);
}
