//! External services that put themselves into the background.

use crate::exit;
use crate::project::Process;

use super::fixture::with_redis;

/// It clears its environment and leaves its session: only who its parent was tells that
/// it is the run's.
#[test]
fn one_that_becomes_a_daemon_is_told_so_and_ended() {
    let project = with_redis();
    project.replace("Cargo.toml", "appendonly yes", "daemonize yes");
    let output = project.xtask(["e2e", "alpha"]).run();
    // It listens before it goes: who comes first sees it, deploying or the hook.
    let codes = [exit::FAILURE, exit::HOOK_FAILED];
    assert!(output.code().is_some_and(|code| codes.contains(&code)), "{output}");
    output.says("service `redis` put itself into the background as process ");
    output.says("nothing is left");
    let daemon = output.stderr.split("into the background as process ").nth(1).unwrap();
    let daemon: u32 = daemon.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(Process::of(daemon), None);
}
