//! Services that change who they are: nobody may look into them, or the kernel no
//! longer ends them with their parent.

use crate::exit;
use crate::project::{Process, Project};

/// A project whose `beta` drops its user once it can do without.
fn with_dropped_user() -> Project {
    let project = Project::new();
    project.replace(
        "beta/src/main.rs",
        "    tiny::serve(",
        "    unsafe extern \"C\" { fn setuid(user: u32) -> i32; }
    assert_eq!(unsafe { setuid(65534) }, 0);
    tiny::serve(",
    );
    project
}

/// Only root can become somebody else.
fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// A kept run whose keeper was killed, and whose `beta` lives on.
fn orphaned(project: &Project) -> Process {
    project.up();
    let beta = project.process("beta").unwrap();
    let alpha = project.process("alpha").unwrap();
    project.process("keeper").unwrap().kill();
    alpha.wait_until_gone();
    beta
}

#[test]
fn a_service_that_dropped_its_user_is_found_without_its_keeper() {
    if !is_root() {
        return;
    }
    let project = with_dropped_user();
    let beta = orphaned(&project);
    assert!(beta.lives());
    let status = project.xtask(["status"]).run();
    let line = format!("pid {}", beta.pid);
    assert!(status.stdout.contains(&line), "{status}");
    let before = project.kept_run().url("beta");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert!(!beta.lives());
    assert_eq!(project.kept_run().url("beta"), before);
}

#[test]
fn a_service_that_dropped_its_user_ends_with_its_run() {
    if !is_root() {
        return;
    }
    let project = with_dropped_user();
    let beta = orphaned(&project);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert!(!beta.lives());

    // One of a run that died, by whoever comes next.
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let harness = project.xtask(["e2e", "alpha"]).start();
    let beta = project.wait_for_process("beta");
    crate::wait::until("it dropped its user", || {
        match project.runs()[0].path("logs/beta.log").metadata() {
            Ok(log) if log.len() > 0 => crate::wait::Look::Done(()),
            _ => crate::wait::Look::NotYet("nothing in its log".to_owned()),
        }
    });
    project.process("keeper").unwrap().kill_with(&harness);
    harness.finish().is_killed();
    project.xtask(["status"]).run().exits(exit::SUCCESS);
    project.write("beta/src/main.rs", "fn main() { std::process::exit(3) }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::FAILURE);
    assert!(!beta.lives());
}

const NOT_DUMPABLE: &str = "
    unsafe extern \"C\" { fn prctl(option: i32, value: usize) -> i32; }
    // PR_SET_DUMPABLE
    assert_eq!(unsafe { prctl(4, 0) }, 0);";

#[test]
fn a_service_that_nobody_may_look_into_is_witnessed_by_how_it_was_started() {
    for ready in ["ready = \"/ready\"", "ready = \"started\""] {
        let project = Project::new();
        project.replace("beta/Cargo.toml", "ready = \"/ready\"", ready);
        project.beta_begins_with(NOT_DUMPABLE);
        let output = project.xtask(["e2e", "alpha"]).without_ptrace().run();
        output.exits(exit::SUCCESS).says("3 tests run: 3 passed");
        let witness = project.finished_run().read("witness.json");
        assert!(witness.contains("as it was started"), "{witness}");
    }
}

#[test]
fn a_kept_service_that_nobody_may_look_into_is_up_to_date() {
    let project = Project::new();
    project.beta_begins_with(NOT_DUMPABLE);
    let run = |verb| project.xtask([verb, "alpha"]).without_ptrace().run();
    run("up").exits(exit::SUCCESS);
    run("test").exits(exit::SUCCESS).says("3 tests run: 3 passed");
    run("up").exits(exit::SUCCESS);
    assert_eq!(project.kept_run().get("beta", "/starts"), "x");
}
