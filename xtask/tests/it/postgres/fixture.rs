//! The fixture whose service `alpha` keeps rows in PostgreSQL, or could.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::exit;
use crate::project::{Project, Run};
use crate::wait::{Look, until};

/// The client of a service that has no driver: `psql`, which is on the path.
const CLIENT: &str = r#"
fn rows(statements: &str) -> std::io::Result<String> {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is not set");
    let output = std::process::Command::new("psql")
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements, "-d", &url])
        .output()?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr))),
    }
}
"#;

const PATHS: &str = r#"
        "/add" => rows("SET client_min_messages = error; CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1); SELECT count(*) FROM t").ok(),
        "/count" => rows("SELECT count(*) FROM t").ok(),
        "/database" => std::env::var("DATABASE_URL").ok(),
        "/beta" =>"#;

/// `alpha` can use SQLite and PostgreSQL, and adds a row for each `/add`.
pub(crate) fn with_postgres() -> Project {
    let project = Project::new();
    let table = "database = [\"sqlite\", \"postgres\"]\nenv = { DATABASE_URL = \"{database.url}\",";
    project.replace("alpha/Cargo.toml", "env = {", table);
    project.replace("alpha/src/main.rs", "\"/beta\" =>", PATHS.trim_start());
    project.append("alpha/src/main.rs", CLIENT);
    project
}

/// `up` on PostgreSQL.
pub(super) fn up(project: &Project) -> Run {
    project.xtask(["up", "alpha", "--database", "postgres"]).run().exits(exit::SUCCESS);
    project.kept_run()
}

/// The password of a service's user.
pub(crate) fn password(run: &Run) -> String {
    run.json("database.json")["passwords"]["alpha"].as_str().unwrap().to_owned()
}

/// The folder of a run's server: elsewhere, if the tests are root's.
pub(super) fn server_folder(run: &Run) -> Utf8PathBuf {
    run.json("database.json")["server"]["folder"].as_str().unwrap().into()
}

/// The processes of a server: all of them work in the folder of its data.
pub(super) fn server_processes(folder: &Utf8Path) -> Vec<u32> {
    let data = folder.join("data");
    let pids = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok()?.parse::<u32>().ok());
    let works = |pid: &u32| {
        std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path == data.as_std_path())
    };
    pids.filter(works).collect()
}

/// Waits until no process of a server runs.
pub(super) fn wait_until_server_is_gone(folder: &Utf8Path) {
    until("the server is gone", || match server_processes(folder) {
        none if none.is_empty() => Look::Done(()),
        pids => Look::NotYet(format!("{pids:?}")),
    });
}

/// Nothing of the server of a run is there.
#[track_caller]
pub(super) fn assert_nothing_is_left(run: &Run) {
    let folders = [Utf8PathBuf::try_from(std::env::temp_dir()).unwrap(), "/var/tmp".into()];
    for folder in folders {
        let mut names = folder.read_dir_utf8().unwrap().flatten();
        let left = names.find(|entry| entry.file_name().contains(run.id()));
        assert!(left.is_none(), "{left:?}");
    }
}

/// Has `psql` execute statements, and returns what it prints.
pub(crate) fn psql(url: &str, password: &str, statements: &str) -> String {
    let output = Command::new("psql")
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements, "-d", url])
        .env("PGPASSWORD", password)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
