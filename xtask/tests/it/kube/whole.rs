//! Whole runs: the programs of the fixture run, are reached, end and come back.

use onetag_control::{Capability, Control, Target};

use super::fake::{FakeCluster, green};
use crate::exit;
use crate::project::Command;

#[test]
fn a_run_with_imported_images_is_green_and_leaves_nothing() {
    let fake = FakeCluster::new();
    green(&fake.importing("e2e").run());
    assert_eq!(fake.has(), [""; 0]);
    // One list for each level, beside the namespace, and one to end each service.
    assert_eq!(fake.calls("kubectl apply"), 5);
    assert_eq!(fake.calls("ctr import"), 2);
}

#[test]
fn a_run_with_pushed_images_is_green() {
    let fake = FakeCluster::new();
    green(&fake.pushing("e2e").run().says("localhost:5000/team/beta:alpha-").clone());
    assert_eq!(fake.calls("skopeo copy localhost:5000/team/"), 2);
    assert_eq!(fake.calls("ctr"), 0);
}

/// By itself a cluster asks first, and a test of a kill would prove less than it says.
#[test]
fn a_kill_is_offered_only_where_the_containers_of_nodes_can_be_reached() {
    let fake = FakeCluster::new();
    let offered = |command: Command| {
        command.run().exits(exit::SUCCESS);
        let run = fake.project.kept_run();
        let offered = run.environment().has(Capability::Kill.as_str());
        fake.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
        offered
    };
    assert!(offered(fake.importing("up")));
    assert!(!offered(fake.pushing("up")));
}

#[test]
fn two_replicas_run_and_are_both_looked_at() {
    let fake = FakeCluster::new();
    fake.project.replace("alpha/Cargo.toml", "port = 8080", "port = 8080\nreplicas = 2");
    let run = fake.importing("e2e").args(["--keep"]).run();
    run.exits(exit::SUCCESS);
    let witness = fake.project.kept_run().read("witness.json");
    assert!(witness.contains("alpha-0") && witness.contains("alpha-1"), "{witness}");
    assert_eq!(fake.calls("applied Deployment alpha"), 1);
}

#[test]
fn a_service_that_keeps_something_has_it_when_it_comes_back() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    let starts = || fake.project.kept_run().get("beta", "/starts");
    assert_eq!(starts(), "x");
    // Its keeper is lost, and the next one starts all services anew.
    fake.project.process("keeper").unwrap().kill();
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(starts(), "xx");
}

#[test]
fn what_is_changed_is_replaced_at_the_same_address() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    let before = fake.project.kept_run().url("beta");
    fake.project.replace("beta/src/main.rs", "hello from beta", "another greeting");
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    let run = fake.project.kept_run();
    assert_eq!(run.url("beta"), before);
    let about = run.get("beta", "/about");
    assert!(about.contains("another greeting"), "{about}");
    // The name of what was replaced is gone.
    let images = fake.has().into_iter().filter(|name| name.contains("/beta:")).count();
    assert_eq!((images, fake.calls("ctr import")), (1, 3));
    // The same bytes are not sent again to another run.
    green(&fake.importing("e2e").run());
    assert_eq!((fake.calls("ctr import"), fake.calls("ctr tag")), (3, 2));
}

/// Its address leads elsewhere from here, so each connection goes through kubectl.
#[test]
fn fifty_clients_reach_a_pod_of_another_machine() {
    let fake = FakeCluster::new();
    fake.fault("elsewhere", "");
    fake.importing("up").run().exits(exit::SUCCESS);
    let run = fake.project.kept_run();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| (0..20).for_each(|_| drop(run.get("alpha", "/about"))));
        }
    });
    // None of them has more than some hundred connections.
    assert!(fake.calls("kubectl port-forward") >= 4);
    fake.mend("elsewhere");
}

#[test]
fn what_is_killed_does_nothing_from_before_the_cluster_asks_it_to_end() {
    let fake = FakeCluster::new();
    fake.importing("up").run().exits(exit::SUCCESS);
    let run = fake.project.kept_run();
    let control = Control::connect(&run.environment()).unwrap();
    fake.fault("node", "busy");
    let away = control.killed(&Target::service("beta")).unwrap();
    let calls = fake.read_calls();
    let place = |call: &str| calls.iter().rposition(|made| made.starts_with(call)).unwrap();
    // Killed before its node has begun to end it, it would be started again.
    let begun = "kubectl get --ignore-not-found --output json events --field-selector \
                 involvedObject.kind=Pod,reason=Killing";
    assert!(fake.calls(begun) > 1, "{calls:?}");
    let order =
        ["ctr pause", "kubectl apply", begun, "ctr kill", "ctr resume", "kubectl delete pods"];
    assert!(order.map(place).is_sorted(), "{calls:?}");
    away.restore().unwrap();
    assert_eq!(run.get("beta", "/starts"), "xx");
}
