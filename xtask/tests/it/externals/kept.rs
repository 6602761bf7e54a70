//! External services of a kept run.

use crate::exit;
use crate::project::Project;

use super::fixture::{ask, compile, process, with_helper, with_redis};

/// Does `up` again, which does this to the external service and to `alpha`.
#[track_caller]
fn up_says(project: &Project, says: &str) {
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says(says);
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn only_what_changed_is_replaced() {
    let project = with_redis();
    let run = project.up();
    let (url, before) = (run.url("redis"), process(&run, "redis"));
    ask(&url, "SET kept yes");
    up_says(&project, "unchanged: alpha, beta, redis");
    assert_eq!(process(&run, "redis"), before);

    project.replace("Cargo.toml", "appendonly yes", "appendonly yes\nmaxclients 17");
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("`redis` has other settings in its metadata now");
    up_says(&project, "replaced: redis; unchanged: alpha, beta");
    assert!(!before.lives());
    assert_eq!(run.url("redis"), url);
    // An array of two: the name, then the value.
    assert_eq!(ask(&url, "CONFIG GET maxclients"), "*2");
    assert_eq!(ask(&url, "EXISTS kept"), ":1");

    project.replace("Cargo.toml", "\"--port\"", "\"--databases\", \"3\", \"--port\"");
    up_says(&project, "replaced: redis; unchanged: alpha, beta");
    // Its address is part of what `alpha` was started with.
    project.replace("Cargo.toml", "redis://{self.host}:", "redis://localhost:");
    up_says(&project, "replaced: alpha, redis; unchanged: beta");
    assert!(run.url("redis").starts_with("redis://localhost:"));

    let status = project.xtask(["status"]).run();
    assert!(
        status.stdout.contains(&format!("redis  {}  running, pid ", run.url("redis"))),
        "{status}"
    );
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert!(std::net::TcpStream::connect(url.strip_prefix("redis://").unwrap()).is_err());
}

#[test]
fn one_that_died_is_started_again_where_it_was() {
    let project = with_redis();
    let run = project.up();
    let url = run.url("redis");
    process(&run, "redis").kill();
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("service `redis` of the kept run has ended");
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED).says("service `redis` of this run was ended by SIGKILL");
    up_says(&project, "started again: redis; unchanged: alpha, beta");

    let redis = process(&run, "redis");
    project.lose_keeper();
    redis.wait_until_gone();
    up_says(&project, "started again: alpha, beta, redis");
    assert_eq!(run.url("redis"), url);
}

#[test]
fn another_program_of_the_same_name_replaces_it() {
    let waits = "fn main() { loop { std::thread::park() } }";
    let project = with_helper("", waits);
    let run = project.up();
    let before = process(&run, "helper");
    compile(&project, "fn main() { println!(\"another\"); loop { std::thread::park() } }");
    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("`helper` is another program or image now");
    up_says(&project, "replaced: helper; unchanged: alpha, beta");
    assert!(!before.lives());
}
