//! PostgreSQL for runs, on the server of this machine.

mod broken;
mod control;
mod fixture;
mod kill;
mod named;
mod refused;

use crate::exit;
pub(crate) use fixture::{password, psql, with_postgres};

#[test]
fn a_service_has_a_database_of_its_own() {
    let project = with_postgres();
    project.add_test(
        "it_keeps_rows",
        "let url = variable(\"ONETAG_ALPHA_URL\");
         assert_eq!(get(&url, \"/add\").unwrap(), \"1\");
         assert_eq!(get(&url, \"/add\").unwrap(), \"2\");
         assert_eq!(variable(\"ONETAG_EXTERNALS\"), \"database\");
         assert_eq!(variable(\"ONETAG_SERVICES\"), \"alpha,beta\");
         assert_eq!(variable(\"ONETAG_DATABASE\"), \"postgres\");
         assert!(variable(\"ONETAG_DATABASE_URL\").starts_with(\"postgres://127.0.0.1:\"));
         assert!(variable(\"ONETAG_CAPABILITIES\").contains(\"database-outage\"));",
    );
    let output = project.xtask(["e2e", "alpha", "--database", "postgres"]).run();
    output.exits(exit::SUCCESS).says("4 tests run: 4 passed").says("/bin/postgres\n");

    let run = project.finished_run();
    let report = run.json("report.json");
    let external = &report["externals"][0];
    assert_eq!(external["external"], "database");
    let version = external["version"].as_str().unwrap();
    assert!(version.starts_with("postgres (PostgreSQL) "), "{version}");
    let witness = run.json("witness.json");
    let mut replicas = witness["replicas"].as_array().unwrap().iter();
    let seen = replicas.find(|seen| seen["service"] == "database").unwrap();
    assert_eq!(seen["seen"], seen["expected"]["pinned"]);
    assert!(run.read("logs/database.log").contains("ready to accept connections"));
    assert!(!run.names().contains(&"database.json".to_owned()));
    fixture::assert_nothing_is_left(&run);
}

#[test]
fn sqlite_stays_the_default() {
    let project = with_postgres();
    let output = project.xtask(["plan", "alpha"]).run();
    output.exits(exit::SUCCESS);
    assert!(output.stdout.contains("database: sqlite"), "{output}");
    let output = project.xtask(["plan", "alpha", "--database", "postgres"]).run();
    output.exits(exit::SUCCESS);
    let server = output.stdout.find("1 database, external, needed by `alpha`").unwrap();
    let service = output.stdout.find("alpha, under test").unwrap();
    assert!(server < service, "{output}");
    assert!(output.stdout.contains("database: postgres"), "{output}");
    assert!(output.stdout.contains("ready when it lets clients in"), "{output}");
}

#[test]
fn passwords_are_in_one_file_alone() {
    let project = with_postgres();
    let run = fixture::up(&project);
    let (id, password) = (run.id().to_owned(), password(&run));
    assert_eq!(run.get("alpha", "/add"), "1");
    let is_password = |text: &str| text.contains(&password);
    assert!(is_password(&run.read("database.json")));
    let mode = std::fs::metadata(run.path("database.json")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    let names = run.names().into_iter().filter(|name| name != "database.json");
    let texts = names.filter_map(|name| std::fs::read_to_string(run.path(&name)).ok());
    assert!(!texts.into_iter().any(|text| is_password(&text)));
    let logs = run.path("logs").read_dir_utf8().unwrap();
    for log in logs.map(|log| log.unwrap().into_path()) {
        assert!(!is_password(&std::fs::read_to_string(&log).unwrap()), "{log}");
    }
    let status = project.xtask(["status"]).run();
    assert!(status.stdout.contains("database  postgres://127.0.0.1:"), "{status}");
    let plan = project.xtask(["plan", "alpha", "--database", "postgres"]).run();
    for output in [status, plan, project.xtask(["down", "alpha"]).run()] {
        assert!(!is_password(&output.to_string()), "{output}");
    }
    fixture::assert_nothing_is_left(
        &project.finished().into_iter().find(|it| it.id() == id).unwrap(),
    );
}
