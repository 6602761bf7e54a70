//! Clusters that the harness makes.

use super::fake::{FakeCluster, green};
use crate::exit;

#[test]
fn a_cluster_is_made_once_and_stays_for_the_next_run() {
    let fake = FakeCluster::new();
    green(&fake.in_kind("e2e").run());
    let [cluster] = fake.clusters().try_into().unwrap();
    assert!(cluster.starts_with("onetag-"), "{cluster}");
    assert_eq!(fake.has(), [""; 0]);
    green(&fake.in_kind("e2e").run());
    assert_eq!(fake.clusters(), [cluster]);
    assert_eq!((fake.calls("kind create"), fake.calls("kind load")), (1, 4));
}

#[test]
fn a_node_that_has_the_bytes_gets_only_the_name() {
    let fake = FakeCluster::new();
    fake.in_kind("up").run().exits(exit::SUCCESS);
    green(&fake.in_kind("e2e").run());
    assert_eq!((fake.calls("kind load"), fake.calls("ctr tag")), (2, 2));
}

#[test]
fn a_fresh_cluster_ends_with_its_run() {
    let fake = FakeCluster::new();
    green(&fake.in_kind("e2e").args(["--fresh-cluster"]).run());
    assert_eq!(fake.clusters(), [""; 0]);
    assert_eq!((fake.calls("kind create"), fake.calls("kind delete")), (1, 1));
}

#[test]
fn gc_deletes_the_cluster_when_it_is_asked_to_and_no_run_uses_it() {
    let fake = FakeCluster::new();
    fake.in_kind("up").run().exits(exit::SUCCESS);
    let gc = || fake.xtask(["gc", "--clusters"]).run();
    assert!(gc().exits(exit::SUCCESS).stdout.contains("a run uses it"));
    fake.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    let told = fake.xtask(["gc"]).run();
    assert!(told.exits(exit::SUCCESS).stdout.contains("`cargo xtask gc --clusters` deletes it"));
    assert_eq!(fake.clusters().len(), 1);
    let status = fake.xtask(["status"]).run();
    status.exits(exit::SUCCESS).says("there are no runs");
    assert!(status.stdout.starts_with(&format!("cluster {} is up", fake.clusters()[0])));
    gc().exits(exit::SUCCESS);
    assert_eq!(fake.clusters(), [""; 0]);
    assert_eq!(fake.xtask(["status"]).run().stdout, "");
}

#[test]
fn a_cluster_that_cannot_be_made_leaves_nothing() {
    let fake = FakeCluster::new();
    let said = "ERROR: failed to create cluster: failed to pull image \"kindest/node:v1.33.1\"";
    fake.fault("api of kind", said);
    let output = fake.in_kind("e2e").run();
    output.exits(exit::FAILURE).says("cannot make the cluster onetag-");
    output.says("failed to pull image \"kindest/node:v1.33.1\"");
    output.says("hint: `kind` needs the image of its nodes once; ONETAG_KIND_NODE_IMAGE names one");
    assert_eq!(fake.clusters(), [""; 0]);
}

#[test]
fn nodes_have_the_image_that_the_caller_names() {
    let fake = FakeCluster::new();
    green(&fake.in_kind("e2e").env("ONETAG_KIND_NODE_IMAGE", "node:own").run());
    assert_eq!(fake.calls("kind create cluster"), 1);
}

#[test]
fn a_cluster_whose_kubeconfig_was_deleted_is_taken_up_again() {
    let fake = FakeCluster::new();
    green(&fake.in_kind("e2e").run());
    let [cluster] = fake.clusters().try_into().unwrap();
    let folder = fake.project.onetag().join("clusters").join(cluster);
    std::fs::remove_file(folder.join("kubeconfig")).unwrap();
    green(&fake.in_kind("e2e").run());
    assert_eq!((fake.calls("kind create"), fake.calls("kind export")), (1, 1));
}

#[test]
fn without_an_engine_that_answers_nothing_is_minted() {
    let fake = FakeCluster::new();
    fake.fault("docker info", "Cannot connect to the Docker daemon");
    fake.project.program("podman", "#!/bin/sh\nexit 125\n");
    let output = fake.in_kind("e2e").run();
    output.exits(exit::FAILURE).says("kind needs `docker` or `podman`, and neither answers");
    assert!(fake.project.finished().is_empty());
}
