//! Answers of Kubernetes 1.32, shortened to what is read.

use serde_json::{Value, json};

use super::*;

const EXPECTED: ExpectedPods<'_> =
    ExpectedPods { service: "beta", generation: 2, replicas: 1, images: BTreeSet::new() };

/// A pod of generation 2 with this container and these conditions.
fn pod(name: &str, mut container: Value, conditions: Value) -> Value {
    if !container.is_null() {
        container["name"] = "beta".into();
    }
    json!({
        "metadata": {
            "name": name,
            "uid": name,
            "labels": { "onetag.service": "beta", "onetag.generation": "2" },
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{ "name": "beta", "image": "localhost/beta:a-1.2" }],
        },
        "status": {
            "phase": "Pending",
            "conditions": conditions,
            "containerStatuses": if container.is_null() { json!([]) } else { json!([container]) },
        },
    })
}

fn waiting(reason: &str, message: &str) -> Value {
    let state = json!({ "waiting": { "reason": reason, "message": message } });
    pod("beta-x", json!({ "state": state, "restartCount": 0 }), json!([]))
}

fn running(name: &str) -> Value {
    let container = json!({
        "imageID": "sha256:0f",
        "state": { "running": { "startedAt": "2026-11-28T20:00:00Z" } },
        "restartCount": 0,
    });
    pod(name, container, json!([{ "type": "Ready", "status": "False" }]))
}

fn of(pods: &[Value]) -> State {
    of_wanted(&EXPECTED, pods, &json!([]))
}

fn of_wanted(wanted: &ExpectedPods<'_>, pods: &[Value], events: &Value) -> State {
    let pods: Vec<Pod> = serde_json::from_value(Value::from(pods.to_vec())).unwrap();
    let events: Vec<Event> = serde_json::from_value(events.clone()).unwrap();
    state(wanted, &pods, &events)
}

fn ended(state: State) -> String {
    match state {
        State::Ended(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_start_has_ended_with_the_reason_and_the_image() {
    for (reason, message) in [
        (
            "ErrImageNeverPull",
            "Container image \"localhost/beta:a-1.2\" is not present with pull policy of Never",
        ),
        ("ImagePullBackOff", "Back-off pulling image \"localhost/beta:a-1.2\""),
        ("ErrImagePull", "failed to pull and unpack image \"localhost/beta:a-1.2\": not found"),
        ("InvalidImageName", "Failed to apply default image tag \"localhost/BETA\""),
        ("CreateContainerConfigError", "secret \"beta\" not found"),
        (
            "RunContainerError",
            "failed to create containerd task: exec: \"/app\": permission denied",
        ),
        ("CrashLoopBackOff", "back-off 10s restarting failed container=beta"),
    ] {
        let why = ended(of(&[waiting(reason, message)]));
        assert!(why.starts_with("cannot start its pod beta-x"), "{why}");
        for part in [reason, message, "localhost/beta:a-1.2"] {
            assert!(why.contains(part), "{part}: {why}");
        }
    }
}

#[test]
fn an_image_that_somebody_changed_is_told() {
    let images = BTreeSet::from([("beta".to_owned(), "localhost/beta:a-1.3".to_owned())]);
    let expected = ExpectedPods { images, ..EXPECTED };
    assert_eq!(
        ended(of_wanted(&expected, &[running("beta-x")], &json!([]))),
        "is not what was deployed: somebody gave container `beta` of pod beta-x the image \
         localhost/beta:a-1.2"
    );
    // What the cluster adds to each pod is its own.
    let images = BTreeSet::from([("other".to_owned(), "localhost/other:a-1.2".to_owned())]);
    let expected = ExpectedPods { images, ..EXPECTED };
    let state = of_wanted(&expected, &[running("beta-x")], &json!([]));
    assert!(matches!(state, State::Running(_)), "{state:?}");
}

/// A pod that its package describes: the service's container is the second by name.
fn with_another(another: Value, init: Value) -> Value {
    let mut pod = running("beta-x");
    pod["metadata"]["annotations"] = json!({ "onetag.image": "localhost/beta:a-1.2" });
    let containers = json!([
        { "name": "aside", "image": "localhost/aside:a-1.2" },
        { "name": "beta", "image": "localhost/beta:a-1.2" },
    ]);
    pod["spec"]["containers"] = containers;
    let own = pod["status"]["containerStatuses"][0].take();
    pod["status"]["containerStatuses"] = json!([another, own]);
    pod["status"]["initContainerStatuses"] = json!([init]);
    pod
}

#[test]
fn a_container_beside_the_services_ends_it_and_is_named() {
    let ended_with = |name: &str, code: i32| {
        let ended = json!({ "terminated": { "exitCode": code, "reason": "Error" } });
        json!({ "name": name, "imageID": "sha256:1f", "state": ended, "restartCount": 0 })
    };
    let runs = json!({ "name": "aside", "imageID": "sha256:1f", "state": { "running": {} } });
    let state = of(&[with_another(runs.clone(), ended_with("init", 0))]);
    assert!(matches!(state, State::Running(_)), "{state:?}");
    let why = ended(of(&[with_another(ended_with("aside", 101), ended_with("init", 0))]));
    assert_eq!(why, "has a container `aside` in its pod beta-x that ended with code 101");
    let why = ended(of(&[with_another(runs.clone(), ended_with("init", 1))]));
    assert_eq!(why, "has a container `init` in its pod beta-x that ended with code 1");

    let pod: Pod = serde_json::from_value(with_another(runs, ended_with("init", 0))).unwrap();
    let names: Vec<_> = pod.containers().map(|container| container.name.as_str()).collect();
    assert_eq!((pod.image(), &names[..]), ("localhost/beta:a-1.2", &["beta"][..]));
}

#[test]
fn what_is_true_for_a_moment_is_waited_for() {
    for (reason, message) in [
        ("ContainerCreating", ""),
        ("PodInitializing", ""),
        (
            "CreateContainerConfigError",
            "failed to sync secret cache: timed out waiting for the condition",
        ),
    ] {
        match of(&[waiting(reason, message)]) {
            State::Starting(why) => assert!(why.contains(reason), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    let unbound = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
    assert!(matches!(of(&[unscheduled(unbound)]), State::Starting(_)));
    // Seen on a busy kind: the scheduler was quicker than what makes claims.
    let missing = "0/1 nodes are available: persistentvolumeclaim \"volume-beta-0\" not found.";
    assert!(matches!(of(&[unscheduled(missing)]), State::Starting(_)));
}

fn unscheduled(message: &str) -> Value {
    let condition = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message });
    pod("beta-x", Value::Null, json!([condition]))
}

#[test]
fn a_pod_that_no_node_takes_has_ended_with_what_nodes_lack() {
    let lack =
        "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available";
    let why = ended(of(&[unscheduled(lack)]));
    assert_eq!(why, format!("cannot place its pod beta-x: Unschedulable: {lack}"));
}

#[test]
fn a_container_that_ended_is_told_whether_or_not_it_was_started_again() {
    let end = |code: i32, reason: &str, message: &str| json!({ "terminated": { "exitCode": code, "reason": reason, "message": message } });
    for (code, reason, message, says) in [
        (3, "Error", "", "ended with code 3"),
        (0, "Completed", "", "ended with code 0"),
        (139, "Error", "", "was ended by SIGSEGV"),
        (137, "OOMKilled", "", "was killed for using more memory than it may"),
        (
            128,
            "StartError",
            "exec: \"/app\": not found",
            "cannot start: StartError: exec: \"/app\": not found",
        ),
        (101, "Error", "panicked at main.rs", "ended with code 101: panicked at main.rs"),
    ] {
        let now = json!({ "state": end(code, reason, message), "restartCount": 0 });
        let again = json!({
            "state": { "running": {} },
            "lastState": end(code, reason, message),
            "restartCount": 1,
        });
        for container in [now, again] {
            assert_eq!(ended(of(&[pod("beta-x", container, json!([]))])), says);
        }
    }
}

#[test]
fn a_pod_that_its_node_has_thrown_out_has_ended() {
    let mut evicted = pod("beta-x", Value::Null, json!([]));
    evicted["status"]["phase"] = "Failed".into();
    evicted["status"]["reason"] = "Evicted".into();
    evicted["status"]["message"] = "The node was low on resource: memory.".into();
    let why = ended(of(&[evicted]));
    assert_eq!(why, "lost its pod beta-x: Evicted: The node was low on resource: memory.");
}

#[test]
fn pods_that_a_quota_forbids_are_no_reason_to_wait() {
    let event = |kind: &str, name: &str| {
        json!([{
            "reason": "FailedCreate",
            "message": "Error creating: pods \"beta-x\" is forbidden: exceeded quota: onetag, \
                        requested: pods=1, used: pods=4, limited: pods=4",
            "involvedObject": { "kind": kind, "name": name },
        }])
    };
    for (kind, name) in [("ReplicaSet", "beta-7d9c"), ("StatefulSet", "beta")] {
        let why = ended(of_wanted(&EXPECTED, &[], &event(kind, name)));
        assert!(why.starts_with("cannot have its pods: Error creating: pods"), "{why}");
    }
    for (kind, name) in
        [("ReplicaSet", "beta-other-7d9c"), ("StatefulSet", "alpha"), ("Pod", "beta")]
    {
        let state = of_wanted(&EXPECTED, &[], &event(kind, name));
        assert_eq!(state, State::Starting("0 of 1 pods are there".to_owned()));
    }
}

#[test]
fn it_runs_when_all_that_are_wanted_run_and_nothing_else() {
    let two = ExpectedPods { replicas: 2, ..EXPECTED };
    let pods = [running("beta-y"), running("beta-x")];
    let State::Running(replicas) = of_wanted(&two, &pods, &json!([])) else { panic!() };
    let told: Vec<String> = replicas.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["beta-0, pod beta-x on node-1", "beta-1, pod beta-y on node-1"]);
    assert!(matches!(of_wanted(&two, &pods[..1], &json!([])), State::Starting(_)));

    let mut earlier = running("beta-w");
    earlier["metadata"]["labels"]["onetag.generation"] = "1".into();
    let mut leaving = running("beta-v");
    leaving["metadata"]["deletionTimestamp"] = "2026-11-28T20:00:00Z".into();
    for (other, says) in [(earlier, "is still there"), (leaving, "is about to end")] {
        match of(&[running("beta-x"), other]) {
            State::Starting(why) => assert!(why.contains(says), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}
