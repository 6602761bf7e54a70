//! How services find each other in an engine.

use std::process::Command;

use onetag_control::{Control, Target};

use super::up_on;
use crate::exit;

/// It is away for moments when a container of anybody's starts or ends.
#[test]
fn without_podmans_name_server_services_find_each_other() {
    let project = up_on("podman");
    let run = project.kept_run();
    let container = format!("onetag-{}-alpha", run.id());
    let pid = super::lines("podman", &["inspect", "--format", "{{.State.Pid}}", &container]);
    let in_its_network = ["--target", &pid[0], "--net"];
    let refuse = "iptables -A OUTPUT -p udp --dport 53 -j REJECT".split(' ');
    let refused = Command::new("nsenter").args(in_its_network).args(refuse).status().unwrap();
    assert!(refused.success(), "{refused}");

    assert!(run.get("alpha", "/beta").contains("name=beta"));
    // Also where another one is by then, at once.
    let control = Control::connect(&run.environment()).unwrap();
    control.killed(&Target::service("beta")).unwrap().restore().unwrap();
    assert!(run.get("alpha", "/beta").contains("name=beta"));
    project.replace("beta/src/main.rs", "hello from beta", "another greeting");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert!(run.get("alpha", "/beta").contains("another greeting"));
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
}
