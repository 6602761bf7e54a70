//! A server that somebody names: here that of another run.

use super::fixture::{self, psql, with_postgres};
use crate::exit;
use crate::project::{Project, Run};

/// A server, its address and the password of its owner.
struct TestServer {
    _project: Project,
    run: Run,
    password: String,
}

impl TestServer {
    fn start() -> TestServer {
        let project = with_postgres();
        let run = fixture::up(&project);
        let password = run.json("database.json")["server"]["password"].as_str().unwrap().to_owned();
        TestServer { _project: project, run, password }
    }

    fn url(&self) -> String {
        self.run.url("database").replace("postgres://", "postgres://onetag@")
    }

    /// Databases and users that have the id of a run in their names.
    fn names(&self, run: &Run) -> String {
        let id = run.id();
        let statement = format!(
            "SELECT datname FROM pg_database WHERE datname LIKE '%{id}%' UNION ALL \
             SELECT rolname FROM pg_roles WHERE rolname LIKE '%{id}%'"
        );
        psql(&format!("{}/postgres", self.url()), &self.password, &statement)
    }
}

#[test]
fn a_run_has_its_databases_there_and_takes_them_away() {
    let (server, project) = (TestServer::start(), with_postgres());
    let url = server.url();
    let with_server = |arguments: &[&'static str]| {
        let arguments = arguments.iter().copied().chain(["--database-url", &url]);
        project.xtask(arguments.collect::<Vec<_>>()).env("PGPASSWORD", &server.password)
    };
    project.add_test(
        "the_server_is_not_the_runs",
        "assert_eq!(get(&variable(\"ONETAG_ALPHA_URL\"), \"/add\").unwrap(), \"1\");
         assert_eq!(variable(\"ONETAG_EXTERNALS\"), \"\");
         assert!(!variable(\"ONETAG_CAPABILITIES\").contains(\"database-outage\"));",
    );
    with_server(&["e2e", "alpha"]).run().exits(exit::SUCCESS).says("4 tests run: 4 passed");
    assert_eq!(server.names(&project.finished_run()), "");

    with_server(&["up", "alpha"]).run().exits(exit::SUCCESS);
    let run = project.kept_run();
    let name = format!("onetag_{}_alpha", run.id());
    assert_eq!(server.names(&run), format!("{name}\n{name}"));
    let output = with_server(&["test", "alpha"]).run();
    output.exits(exit::SUCCESS);
    let down = project.xtask(["down", "alpha"]).env("PGPASSWORD", &server.password).run();
    down.exits(exit::SUCCESS);
    assert_eq!(server.names(&run), "");
}

#[test]
fn databases_that_cannot_be_dropped_are_told() {
    let (server, project) = (TestServer::start(), with_postgres());
    let up = project.xtask(["up", "alpha", "--database-url", &server.url()]);
    up.env("PGPASSWORD", &server.password).run().exits(exit::SUCCESS);
    let run = project.kept_run();
    let output = project.xtask(["down", "alpha"]).env("PGPASSWORD", "wrong").run();
    output.exits(exit::FAILURE);
    output.says(&format!("cannot drop the database onetag_{}_alpha", run.id()));
    assert_ne!(server.names(&run), "");
}

#[test]
fn a_server_that_does_not_answer_ends_the_run() {
    let project = with_postgres();
    let url = "postgres://nobody@127.0.0.1:1";
    let output = project.xtask(["e2e", "alpha", "--database-url", url]).run();
    output
        .exits(exit::FAILURE)
        .says("because: cannot use the server postgres://nobody@127.0.0.1:1");
    // Nothing was made there.
    output.says("nothing is left");
}
