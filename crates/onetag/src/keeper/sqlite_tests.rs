//! Against the real SQLite. POSIX locks are between processes, so the other side
//! is a process of its own: this test program again.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

const DATABASE: &str = "ONETAG_TEST_DATABASE";

/// What another process says, on a line of its own between those of the test
/// program.
const SAYS: &str = "it says: ";

/// A process that has the database open.
struct Other {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn with(database: &Utf8Path) -> Other {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["keeper::sqlite::tests::another_process", "--exact", "--nocapture"])
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Other { child, lines }
    }

    fn tell(&mut self, statements: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{statements}").unwrap();
        let said = self.lines.find_map(|line| Some(line.unwrap().split_once(SAYS)?.1.to_owned()));
        said.expect("the other process ended")
    }

    fn read(&mut self) -> String {
        self.tell("SELECT * FROM t")
    }

    fn write(&mut self) -> String {
        self.tell("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT")
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

#[test]
fn another_process() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let database = rusqlite::Connection::open(database).unwrap();
    database.busy_timeout(std::time::Duration::ZERO).unwrap();
    for statements in std::io::stdin().lines() {
        let done = database.execute_batch(&statements.unwrap());
        println!("\n{SAYS}{}", done.map_or_else(|it| it.to_string(), |()| "ok".to_owned()));
    }
}

const LOCKED: &str = "database is locked";

fn database(folder: &tempfile::TempDir, mode: &str) -> Utf8PathBuf {
    let path = Utf8PathBuf::try_from(folder.path().join("a.db")).unwrap();
    let mut other = Other::with(&path);
    let made = other.tell(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (n)"));
    assert_eq!(made, "ok");
    path
}

fn lock(path: &Utf8Path) -> WriteLock {
    WriteLock::try_take(path).unwrap().expect("nobody else writes")
}

fn a_connection_reads_on_and_cannot_write(mode: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder, mode);
    let mut other = Other::with(&path);
    assert_eq!(other.write(), "ok");
    let held = lock(&path);
    assert_eq!((other.read().as_str(), other.write().as_str()), ("ok", LOCKED));
    drop(held);
    assert_eq!(other.write(), "ok");
    assert_eq!(other.tell("PRAGMA integrity_check"), "ok");
}

#[test]
fn in_rollback_mode_a_connection_reads_on_and_cannot_write() {
    a_connection_reads_on_and_cannot_write("delete");
}

#[test]
fn in_write_ahead_mode_a_connection_reads_on_and_cannot_write() {
    a_connection_reads_on_and_cannot_write("wal");
}

#[test]
fn who_writes_is_not_disturbed() {
    for mode in ["delete", "wal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = database(&folder, mode);
        let mut other = Other::with(&path);
        assert_eq!(other.tell("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"), "ok");
        assert!(WriteLock::try_take(&path).unwrap().is_none(), "{mode}");
        assert_eq!(other.tell("COMMIT"), "ok");
        lock(&path);
    }
}

#[test]
fn a_connection_that_goes_and_one_that_comes_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder, "wal");
    let mut first = Other::with(&path);
    assert_eq!(first.write(), "ok");
    let held = lock(&path);
    // The last connection to go removes the index, if it really is the last.
    drop(first);
    let mut second = Other::with(&path);
    assert_eq!((second.read().as_str(), second.write().as_str()), ("ok", LOCKED));
    drop(held);
    assert_eq!(second.write(), "ok");
}

#[test]
fn a_database_that_nobody_has_open_is_locked_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(&folder, "wal");
    let held = lock(&path);
    let mut other = Other::with(&path);
    assert_eq!((other.read().as_str(), other.write().as_str()), (LOCKED, LOCKED));
    drop(held);
    assert_eq!((other.read().as_str(), other.write().as_str()), ("ok", "ok"));
}

#[test]
fn a_database_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(folder.path().join("a.db")).unwrap();
    let error = WriteLock::try_take(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open {path}"));
    assert!(!path.exists());
}
