//! A PostgreSQL that is not there, is too old, or does not work.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use camino::{Utf8Path, Utf8PathBuf};

use super::fixture::with_postgres;
use crate::exit;
use crate::project::{Output, Project};

/// A folder of programs that every user can go to.
struct Programs(tempfile::TempDir);

impl Programs {
    /// With links to those of this machine.
    fn new() -> Programs {
        let folder = tempfile::Builder::new().prefix("onetag-programs-").tempdir().unwrap();
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everybody).unwrap();
        let programs = Programs(folder);
        for name in ["initdb", "postgres", "psql"] {
            symlink(installed().join(name), programs.path(name)).unwrap();
        }
        programs
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().join(name)
    }

    /// Puts a script in the place of one of them.
    fn script(&self, name: &str, script: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
        std::fs::write(self.path(name), script).unwrap();
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path(name), everybody).unwrap();
    }

    fn e2e(&self, project: &Project) -> Output {
        let command = project.xtask(["e2e", "alpha", "--database", "postgres"]);
        command.env("ONETAG_POSTGRES_BIN", self.path("").as_str()).run()
    }
}

/// Where this machine has its programs.
fn installed() -> Utf8PathBuf {
    let versions = Utf8Path::new("/usr/lib/postgresql").read_dir_utf8().into_iter().flatten();
    let packaged = versions.map(|version| version.unwrap().path().join("bin"));
    let path = std::env::var("PATH").unwrap();
    let mut folders = packaged.chain(path.split(':').map(Utf8PathBuf::from));
    folders.find(|folder| folder.join("initdb").exists()).expect("PostgreSQL is installed")
}

#[test]
fn no_server_on_the_machine_is_told_before_anything_is_made() {
    let project = with_postgres();
    let command = project.xtask(["e2e", "alpha", "--database", "postgres"]);
    let output = command.env("ONETAG_POSTGRES_BIN", "/nowhere").run();
    output.is_refused_before_the_build();
    insta::assert_snapshot!(output.error(), @r"
    error: there is no PostgreSQL server on this machine: /nowhere
    hint: `apt-get install postgresql` brings it on Debian; or name the folder of its programs: ONETAG_POSTGRES_BIN=/path/to/bin
    ");
    assert_eq!(project.runs(), []);
    // Nobody needs one for sqlite.
    let command = project.xtask(["plan", "alpha"]);
    command.env("ONETAG_POSTGRES_BIN", "/nowhere").run().exits(exit::SUCCESS);
}

#[test]
fn a_server_that_is_too_old_is_named() {
    let (project, programs) = (with_postgres(), Programs::new());
    programs.script("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 12.22 (Debian)'\n");
    let output = programs.e2e(&project);
    output.is_refused_before_the_build();
    output.says("error: PostgreSQL 13 or newer is wanted, and only older ones are there: ");
    output.says(" has 12.22 (Debian)\n");
}

#[test]
fn data_that_cannot_be_made_end_the_run() {
    let (project, programs) = (with_postgres(), Programs::new());
    programs.script("initdb", "#!/bin/sh\necho 'no room' >&2\nexit 3\n");
    let output = programs.e2e(&project);
    output.exits(exit::FAILURE).says("error: phase prepare failed");
    output.says("because: cannot make the data of the database server").says("no room");
    super::fixture::assert_nothing_is_left(&project.finished_run());
}

#[test]
fn a_server_that_ends_at_once_is_told_with_what_it_said() {
    let (project, programs) = (with_postgres(), Programs::new());
    // `initdb` calls the one that lies beside itself.
    let source = project.temp_path().join("postgres.rs");
    std::fs::write(
        &source,
        "fn main() {
             match std::env::args().nth(1).as_deref() {
                 Some(\"--version\") => println!(\"postgres (PostgreSQL) 15.0\"),
                 _ => { eprintln!(\"could not start\"); std::process::exit(1) }
             }
         }",
    )
    .unwrap();
    std::fs::remove_file(programs.path("postgres")).unwrap();
    let mut rustc = std::process::Command::new("rustc");
    rustc.args(["-o", programs.path("postgres").as_str(), source.as_str()]);
    assert!(rustc.status().unwrap().success());
    let output = programs.e2e(&project);
    output.exits(exit::FAILURE).says("error: phase deploy failed");
    output.says("service `database` ended with code 1 before it was ready").says("could not start");
    super::fixture::assert_nothing_is_left(&project.finished_run());
}
