//! A database that is taken away.

use onetag_control::Target;

use super::control;
use crate::exit;
use crate::project::{Project, Run};
use crate::wait::{Look, until};

/// A run of which beta has a database, and a connection to it, as beta has one.
fn with_database(project: &Project) -> (Run, rusqlite::Connection) {
    project.replace(
        "beta/Cargo.toml",
        "volume = \"/data\"",
        "volume = \"/data\"\ndatabase = [\"sqlite\"]",
    );
    let volume = "DATA_DIR = \"{self.volume}\"";
    project.replace(
        "beta/Cargo.toml",
        volume,
        &format!("{volume}, DATABASE_URL = \"{{database.url}}\""),
    );
    let run = project.up();
    let database = rusqlite::Connection::open(run.path("databases/beta/beta.db")).unwrap();
    database.busy_timeout(std::time::Duration::ZERO).unwrap();
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    database.execute_batch("CREATE TABLE t (n)").unwrap();
    (run, database)
}

const READ: &str = "SELECT * FROM t";
const WRITE: &str = "INSERT INTO t VALUES (1)";

#[test]
fn the_database_is_stopped_while_its_write_lock_is_held() {
    let project = Project::new();
    let (run, database) = with_database(&project);
    let control = control(&run);
    let away = control.stopped(&Target::Database).unwrap();
    database.execute_batch(READ).unwrap();
    assert_eq!(database.execute_batch(WRITE).unwrap_err().to_string(), "database is locked");
    let refused = control.stop(&Target::Database).unwrap_err().to_string();
    assert_eq!(refused, "cannot stop the database: it is stopped already");
    let hook = project.nextest().run();
    hook.exits(exit::HOOK_FAILED).says("another test has stopped the database of this run");
    away.restore().unwrap();
    database.execute_batch(WRITE).unwrap();
    let refused = control.start(&Target::Database).unwrap_err().to_string();
    assert_eq!(refused, "cannot start the database: it is not stopped");

    control.stop(&Target::Database).unwrap();
    drop(control);
    until("the database is back", || match database.execute_batch(WRITE) {
        Ok(()) => Look::Done(()),
        Err(error) => Look::NotYet(error.to_string()),
    });
}

#[test]
fn a_database_that_somebody_writes_to_is_not_taken_from_them() {
    let project = Project::new();
    let (run, database) = with_database(&project);
    database.execute_batch(&format!("BEGIN IMMEDIATE; {WRITE}")).unwrap();
    let refused = control(&run).stop(&Target::Database).unwrap_err().to_string();
    assert!(
        refused.starts_with("cannot stop the database: another process has been writing to "),
        "{refused}"
    );
    database.execute_batch("COMMIT").unwrap();
    database.execute_batch(WRITE).unwrap();
    control(&run).stop(&Target::Database).unwrap();
}
