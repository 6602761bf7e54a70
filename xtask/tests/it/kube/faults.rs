//! What goes wrong in clusters: the error says what it is, fast and with what mends it, and
//! nothing is left.

use rustix::process::Signal;
use serde_json::json;

use super::fake::FakeCluster;
use crate::exit;
use crate::wait::{Look, until};

#[test]
fn each_call_that_fails_ends_the_run() {
    let fake = FakeCluster::new();
    for (call, says) in [
        ("apply Namespace", "phase prepare failed"),
        ("apply StatefulSet", "cannot start `beta`"),
        ("apply Deployment", "cannot start `alpha`"),
        ("ctr list", "cannot load localhost/"),
        ("ctr import", "cannot load localhost/"),
    ] {
        fake.fault(call, &format!("{call} is out of order"));
        let output = fake.importing("e2e").run();
        output.exits(exit::FAILURE).says(says).says(&format!("{call} is out of order"));
        fake.mend(call);
        if call == "ctr list" {
            // Nobody could look for what is left.
            fake.clear();
            continue;
        }
        output.says("nothing is left");
        assert_eq!(fake.has(), [""; 0], "{call}");
    }
}

#[test]
fn what_a_pod_waits_for_in_vain_ends_the_run_at_once() {
    let fake = FakeCluster::new();
    for (reason, message) in [
        ("ImagePullBackOff", "Back-off pulling image"),
        ("CrashLoopBackOff", "back-off 10s restarting failed container=beta"),
        ("CreateContainerConfigError", "secret \"beta\" not found"),
        ("Unschedulable", "0/1 nodes are available: 1 Insufficient memory."),
    ] {
        fake.fault("pod beta", &format!("{reason} {message}"));
        fake.importing("e2e")
            .run()
            .exits(exit::FAILURE)
            .says("service `beta` cannot ")
            .says(&format!("{reason}: {message}"))
            .says("nothing is left");
        fake.mend("pod beta");
    }
}

#[test]
fn a_node_without_the_image_is_told_with_what_it_has() {
    let fake = FakeCluster::new();
    fake.fault("pod beta", "ErrImageNeverPull Container image is not present");
    fake.importing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("ErrImageNeverPull")
        .says("hint: node node-1 tells that it has of `beta`: localhost/beta:alpha-");
    fake.mend("pod beta");
}

#[test]
fn a_service_that_ends_at_once_is_told_with_its_last_words() {
    let fake = FakeCluster::new();
    fake.project.replace("beta/src/main.rs", "fn main() {", "fn main() { panic!(\"no way\");");
    fake.importing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("service `beta` ended with code 101")
        .says("no way");
}

#[test]
fn pods_that_a_quota_forbids_end_the_run() {
    let fake = FakeCluster::new();
    fake.fault("quota", "Error creating: pods \"beta-0\" is forbidden: exceeded quota: onetag");
    fake.importing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("service `beta` cannot have its pods")
        .says("exceeded quota: onetag");
    fake.mend("quota");
}

#[test]
fn a_namespace_that_hangs_is_named_with_what_it_waits_for() {
    let fake = FakeCluster::new();
    fake.fault("namespace", "Some content in the namespace has finalizers remaining: a.b/c");
    fake.importing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("left behind: namespace onetag-")
        .says("has finalizers remaining: a.b/c; `kubectl get all,pvc --namespace onetag-")
        .does_not_say("nothing proves");
    fake.mend("namespace");
    fake.clear();
}

#[test]
fn other_bytes_in_one_of_two_replicas_are_seen() {
    let fake = FakeCluster::new();
    fake.project.replace("alpha/Cargo.toml", "port = 8080", "port = 8080\nreplicas = 2");
    fake.fault("image alpha-1", &format!("sha256:{}", "0".repeat(64)));
    fake.importing("e2e").run().exits(exit::FAILURE).says("phase witness failed").says("alpha-1");
}

#[test]
fn a_registry_that_refuses_is_told_how_to_log_in() {
    let fake = FakeCluster::new();
    fake.fault(
        "skopeo copy",
        "time=\"2026-11-28T20:00:00Z\" level=fatal msg=\"writing blob: authentication required\"",
    );
    fake.pushing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("the registry does not take localhost:5000/team/")
        .says("hint: `skopeo login localhost:5000`");
    fake.mend("skopeo copy");
}

#[test]
fn an_answer_that_nobody_understands_is_named() {
    let fake = FakeCluster::new();
    fake.fault("quota", "Error creating: pods is forbidden");
    fake.fault("get --ignore-not-found", "garbage");
    fake.importing("e2e")
        .run()
        .exits(exit::FAILURE)
        .says("`kubectl get` answers something unknown");
    fake.mend("quota");
    fake.mend("get --ignore-not-found");
}

/// As behind a connection that is dead: what it told last stays true for ever.
#[test]
fn the_witness_does_not_believe_a_watch_that_stalls() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    fake.fault("watch", "stalls");
    until("the watch to stall", || match fake.state().join("stalled").exists() {
        false => Look::NotYet("it tells what there is".to_owned()),
        true => Look::Done(()),
    });
    fake.edit_pod("alpha", |pod| {
        let other = format!("sha256:{}", "0".repeat(64));
        pod["status"]["containerStatuses"][0]["imageID"] = other.into();
    });
    let output = fake.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("`alpha-0` runs sha256:0000").does_not_say("Nextest run ID");
    fake.mend("watch");
}

#[test]
fn an_image_that_somebody_changed_is_refused() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    fake.edit_pod("alpha", |pod| pod["spec"]["containers"][0]["image"] = "localhost/x:1".into());
    fake.xtask(["test", "alpha"])
        .run()
        .exits(exit::FAILURE)
        .says("service `alpha` of the kept run has ended")
        .says("hint: cargo xtask up alpha");
}

#[test]
fn what_somebody_removed_is_brought_back() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    fake.remove_objects("alpha");
    let output = fake.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("hint: cargo xtask up alpha");
    fake.xtask(["up", "alpha", "--test"]).run().exits(exit::SUCCESS).says("started again: alpha");
}

/// As a package has it whose manifest gives the service a companion.
#[test]
fn a_service_is_also_seen_in_pods_of_others() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    let image = fake.project.kept_run().environment().services["beta"].image.clone();
    let beside = |digest: String| {
        fake.edit_pod("alpha", |pod| {
            let side = json!({ "name": "side", "image": image });
            pod["spec"]["containers"].as_array_mut().unwrap().push(side);
            let side = json!({ "name": "side", "imageID": digest, "state": { "running": {} } });
            pod["status"]["containerStatuses"].as_array_mut().unwrap().push(side);
        });
    };
    beside(format!("sha256:{}", "0".repeat(64)));
    let output = fake.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).says("`beta in alpha").says("runs sha256:0000");
}

/// One that a server ends after a while, as they do.
#[test]
fn a_watch_that_ends_is_begun_again() {
    let fake = FakeCluster::new();
    fake.fault("watch", "");
    fake.importing("up").run().exits(exit::SUCCESS);
    let watches = || fake.calls("kubectl get pods --selector onetag.run=");
    let seen = watches();
    until("another watch", || match watches() > seen {
        false => Look::NotYet(format!("{seen} watches")),
        true => Look::Done(()),
    });
    fake.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    fake.mend("watch");
}

#[test]
fn a_signal_ends_a_run_whose_image_store_hangs() {
    let fake = FakeCluster::new();
    fake.fault("ctr import", "hang");
    let run = fake.importing("e2e").start();
    until("loading an image", || match fake.calls("ctr import") {
        0 => Look::NotYet("nothing is loaded".to_owned()),
        _ => Look::Done(()),
    });
    run.signal(Signal::INT);
    run.finish().exits(130).says("nothing is left");
    fake.mend("ctr import");
}
