//! Programs that others wrote, beside the services: Debian's `redis-server`, and small
//! ones that are made for a test.

mod daemon;
mod fixture;
mod kept;
mod outage;
mod refused;
mod version;
mod witness;

use crate::exit;
pub(crate) use fixture::with_redis;

#[test]
fn an_external_service_is_there_for_services_and_tests() {
    let project = with_redis();
    project.add_test(
        "redis_is_one_for_all",
        "let hits = get(&variable(\"ONETAG_ALPHA_URL\"), \"/redis\").unwrap();
         assert_eq!(hits, \":1\");
         assert_eq!(redis(&variable(\"ONETAG_REDIS_URL\"), \"INCR hits\").unwrap(), \":2\");
         let internal = variable(\"ONETAG_REDIS_INTERNAL_URL\");
         assert!(internal.starts_with(\"redis://127.0.0.1:\"), \"{internal}\");
         assert_eq!(variable(\"ONETAG_EXTERNALS\"), \"redis\");
         assert_eq!(variable(\"ONETAG_SERVICES\"), \"alpha,beta\");
         assert!(std::env::var(\"ONETAG_REDIS_IMAGE\").is_err());",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).says("4 tests run: 4 passed").says("\n  redis-server\n");
    output.says("  /usr/bin/redis-server\n");

    let run = project.finished_run();
    let report = run.json("report.json");
    let external = &report["externals"][0];
    assert_eq!(
        (&external["external"], &external["image"]),
        (&"redis".into(), &"/usr/bin/redis-server".into())
    );
    let version = external["version"].as_str().unwrap();
    assert!(version.starts_with("Redis server v="), "{version}");
    assert_eq!(report["services"].as_array().unwrap().len(), 2);

    let witness = run.json("witness.json");
    let mut replicas = witness["replicas"].as_array().unwrap().iter();
    let seen = replicas.find(|seen| seen["service"] == "redis").unwrap();
    assert_eq!(seen["seen"], seen["expected"]["pinned"]);
    assert_eq!(seen["seen"], external["digest"]);
    assert_eq!(seen["reference"], "/usr/bin/redis-server");
    // Of its configuration and what it wrote, nothing is left.
    assert!(run.read("logs/redis.log").contains("Ready to accept connections"));
    assert!(!run.names().iter().any(|name| ["config", "scratch", "volumes"].contains(&&**name)));
}

#[test]
fn what_a_suite_replaces_is_not_deployed() {
    let project = with_redis();
    project.append("alpha/Cargo.toml", "env.alpha = { REDIS_URL = \"\" }\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS).does_not_say("redis");
}

#[test]
fn bench_has_no_external_services() {
    let project = with_redis();
    let output = project.xtask(["bench", "alpha"]).run();
    output.exits(exit::USAGE).says("this suite needs the external service `redis`");
}
