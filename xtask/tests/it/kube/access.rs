//! Which cluster is meant, and whether it lets the run in.

use std::fs;

use super::fake::{FakeCluster, green};
use crate::exit;

#[test]
fn without_kubectl_nothing_is_minted() {
    let fake = FakeCluster::new();
    fake.project.remove_program("kubectl");
    for program in ["cargo", "rustc", "cc", "ld", "sh", "cargo-nextest", "tar"] {
        fake.project.link_program(program);
    }
    let programs = fake.project.programs();
    let run = fake.importing("e2e").env("PATH", programs.as_str()).run();
    run.exits(exit::FAILURE).says("there is no `kubectl` on PATH").says("hint: ");
    assert!(fake.project.runs().is_empty());
    fake.project.program("kubectl", "#!/bin/sh\nexit 1\n");
}

#[test]
fn a_context_that_is_not_there_is_told_before_anything_is_made() {
    let fake = FakeCluster::new();
    fs::write(fake.kubeconfig(), "elsewhere\n").unwrap();
    fake.importing("e2e")
        .run()
        .says("there is no context `there`")
        .says("hint: `kubectl config get-contexts` lists those that there are");
    assert_eq!(fake.project.finished().len(), 0);
}

#[test]
fn the_cluster_of_a_kept_run_is_the_one_that_was_named() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    // Somebody works with another cluster by now.
    let other = fake.project.temp_path().join("other");
    fs::write(&other, "elsewhere\n").unwrap();
    let elsewhere = |arguments: [&str; 2]| fake.xtask(arguments).env("KUBECONFIG", other.as_str());
    elsewhere(["test", "alpha"]).run().exits(exit::SUCCESS);
    elsewhere(["up", "alpha"]).run().exits(exit::SUCCESS);
    elsewhere(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.has(), [""; 0]);
}

#[test]
fn a_cluster_that_does_not_answer_is_told_how_to_mend_it() {
    let fake = FakeCluster::new();
    for (says, hint) in [
        (
            "The connection to the server 127.0.0.1:6443 was refused - did you specify the right \
             host or port?",
            "hint: start the cluster",
        ),
        (
            "Unable to connect to the server: net/http: TLS handshake timeout",
            "hint: start the cluster",
        ),
        (
            "error: You must be logged in to the server (Unauthorized)",
            "hint: log in to the cluster",
        ),
        (
            "Error from server (Forbidden): namespaces \"onetag-1\" is forbidden: User \"ann\" cannot \
             patch resource \"namespaces\" in API group \"\" in the namespace \"onetag-1\"",
            "hint: let the user of the context `there` patch namespaces",
        ),
    ] {
        fake.fault("api", says);
        fake.importing("e2e").run().exits(exit::FAILURE).says("phase prepare failed").says(hint);
        fake.mend("api");
        fake.project.xtask(["gc"]).run();
    }
}

#[test]
fn a_cluster_that_is_away_for_a_moment_does_not_lose_the_run() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    fake.fault("api", "The connection to the server 127.0.0.1:6443 was refused");
    fake.xtask(["down", "alpha"])
        .run()
        .exits(exit::FAILURE)
        .says("left behind: resource namespace run: `kubectl --context there")
        .says("The connection to the server 127.0.0.1:6443 was refused");
    fake.mend("api");
    green(&fake.importing("e2e").run());
    // What could not be removed then, `gc` finds.
    fake.xtask(["gc"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.has(), [""; 0]);
}

#[test]
fn doctor_says_what_this_machine_has_for_clusters() {
    let fake = FakeCluster::new();
    let doctor = || fake.xtask(["doctor", "--on", "kube"]).run();
    let output = doctor();
    output.exits(exit::SUCCESS);
    for found in ["v1.32.4", "there", "skopeo, ctr"] {
        assert!(output.stdout.contains(found), "{found}: {output}");
    }
}
