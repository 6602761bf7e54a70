//! PostgreSQL in a container: the image that `ONETAG_POSTGRES_IMAGE` names, see
//! `.ci/postgres-image`.

use onetag_control::{Control, Target};

use super::real::left;
use crate::exit;
use crate::postgres::{password, psql, with_postgres};
use crate::project::{Project, Run};

/// The variable that names the image.
const IMAGE: &str = "ONETAG_POSTGRES_IMAGE";

fn image() -> String {
    std::env::var(IMAGE)
        .expect("ONETAG_POSTGRES_IMAGE names the image that .ci/postgres-image made")
}

/// What tests reach of the database of `alpha`.
fn rows(run: &Run, statements: &str) -> String {
    let name = format!("onetag_{}_alpha", run.id());
    let url = run.url("database").replace("postgres://", &format!("postgres://{name}@"));
    psql(&format!("{url}/{name}"), &password(run), statements)
}

fn project(engine: &'static str) -> Project {
    let mut project = with_postgres().with_engines();
    project.engine = Some(engine);
    project
}

fn a_service_has_a_database_in_a_container(engine: &'static str) {
    let project = project(engine);
    // It is what engines take if they have an image.
    project.xtask(["up", "alpha"]).env(IMAGE, &image()).run().exits(exit::SUCCESS);
    let run = project.kept_run();
    let environment = run.environment();
    assert!(environment.databases.contains("postgres"), "{environment:?}");
    let internal = environment.internal_url("database").unwrap();
    assert_eq!(internal, "postgres://database:5432");
    let of_service = run.get("alpha", "/database");
    assert!(of_service.contains("@database:5432/onetag_"), "{of_service}");
    assert!(of_service.contains(&password(&run)));
    rows(&run, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)");

    let witness = run.json("witness.json");
    let mut replicas = witness["replicas"].as_array().unwrap().iter();
    let server = replicas.find(|seen| seen["service"] == "database").unwrap();
    assert!(image().ends_with(server["seen"].as_str().unwrap()), "{server}");

    let control = Control::connect(&environment).unwrap();
    let database = Target::Database;
    let stopped = control.stopped(&database).unwrap();
    stopped.restore().unwrap();
    rows(&run, "INSERT INTO t VALUES (2)");
    control.killed(&database).unwrap().restore().unwrap();
    assert_eq!(rows(&run, "SELECT count(*) FROM t"), "2");
    assert!(control.logs("database").unwrap().contains("fast shutdown"));

    project.xtask(["test", "alpha"]).env(IMAGE, &image()).run().exits(exit::SUCCESS);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(left(engine, &project), [""; 0]);
}

#[test]
fn in_podman_a_service_has_a_database() {
    a_service_has_a_database_in_a_container("podman");
}

#[test]
fn in_docker_a_service_has_a_database() {
    a_service_has_a_database_in_a_container("docker");
}

#[test]
fn without_an_image_sqlite_is_taken_and_postgres_refused() {
    let project = with_postgres().with_engines();
    let plan = project.xtask(["plan", "alpha", "--on", "podman"]).run();
    plan.exits(exit::SUCCESS);
    assert!(plan.stdout.contains("database: sqlite"), "{plan}");
    let arguments = ["e2e", "alpha", "--on", "podman", "--database", "postgres"];
    let output = project.xtask(arguments).run();
    output.is_refused_before_the_build();
    output
        .says("error: `podman` has no image of PostgreSQL to run\nhint: write `postgres-image = ");
    let loopback = ["e2e", "alpha", "--on", "podman", "--database-url", "postgres://127.0.0.1"];
    let output = project.xtask(loopback).run();
    output.exits(exit::USAGE).says("error: a container does not find postgres://127.0.0.1:5432");
}
