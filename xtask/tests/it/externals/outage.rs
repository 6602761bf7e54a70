//! External services that are stopped, killed, or end.

use onetag_control::{Control, Target};

use crate::exit;

use super::fixture::{ask, with_helper, with_redis};

#[test]
fn a_suite_controls_it_as_a_service() {
    let project = with_redis();
    let run = project.up();
    let control = Control::connect(&run.environment()).unwrap();
    let (redis, url) = (Target::service("redis"), run.url("redis"));
    let reached = || std::net::TcpStream::connect(url.strip_prefix("redis://").unwrap()).is_ok();
    assert_eq!(ask(&url, "SET kept yes"), "+OK");

    control.stop(&redis).unwrap();
    assert!(!reached());
    control.start(&redis).unwrap();
    assert_eq!(ask(&url, "EXISTS kept"), ":1");

    let killed = control.killed(&redis).unwrap();
    assert!(!reached());
    killed.restore().unwrap();
    assert_eq!(ask(&url, "EXISTS kept"), ":1");

    let paused = control.paused(&redis).unwrap();
    paused.restore().unwrap();
    assert_eq!(ask(&url, "PING"), "+PONG");

    assert!(control.logs("redis").unwrap().contains("Ready to accept connections"));
    assert_eq!(ask(&url, "SAVE"), "+OK");
    let copy = project.temp_path().join("copy.rdb");
    control.copy_out("redis", "dump.rdb".as_ref(), copy.as_std_path()).unwrap();
    assert!(std::fs::read(copy).unwrap().starts_with(b"REDIS"));
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn one_that_is_killed_while_tests_run_is_named_with_its_last_lines() {
    let project = with_redis();
    project.add_test(
        "redis_is_killed",
        "let witness = std::fs::read_to_string(format!(\"{}/witness.json\", variable(\"ONETAG_RUN_DIR\")));
         let witness = witness.unwrap();
         let redis = witness.split(\"\\\"service\\\": \\\"redis\\\"\").nth(1).unwrap();
         let pid = redis.split(\"\\\"pid \").nth(1).unwrap().split('\"').next().unwrap();
         assert!(std::process::Command::new(\"kill\").args([\"-9\", pid]).status().unwrap().success());",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).says("4 tests run: 4 passed");
    output.says("because: service `redis` was ended by SIGKILL while the tests ran");
    output.says("its last log lines:").says("Ready to accept connections");
    output.says("hint: its log is logs/redis.log");
}

#[test]
fn one_that_ends_at_once_is_told_with_what_it_said() {
    let project = with_redis();
    project.replace("Cargo.toml", "appendonly yes", "no-such-option 1");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).says("error: phase deploy failed");
    output.says("service `redis` ended with code 1 before it was ready");
    output.says("*** FATAL CONFIG FILE ERROR").does_not_say("Nextest run ID");
}

#[test]
fn one_that_listens_elsewhere_is_told_where() {
    let project = with_helper(
        "port = 1\nready = \"tcp\"",
        "fn main() {
             let listener = std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap();
             listener.incoming().for_each(drop);
         }",
    );
    let output = project.xtask(["e2e", "alpha", "--ready-timeout", "1s"]).run();
    output.exits(exit::FAILURE).says("`helper` listens on 127.0.0.1:");
    output.says("hint: `ready` in ").says("/Cargo.toml says when it is ready");
}
