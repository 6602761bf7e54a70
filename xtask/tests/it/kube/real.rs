//! Real clusters, in the profile `clusters`, where the caller has one:
//!
//! ```sh
//! ONETAG_TEST_KIND=1 cargo nextest run -p xtask -P clusters -E 'test(kind)'
//! ONETAG_TEST_KUBECONFIG=… ONETAG_TEST_CONTEXT=… ONETAG_TEST_CONTAINERD=<socket> \
//!     cargo nextest run -p xtask -P clusters -E 'test(cluster)'
//! ```

use std::time::Duration;

use onetag_control::{Control, Target};
use serde_json::{Value, json};

use super::fake::green;
use crate::exit;
use crate::project::{Command, Project, Run};

/// How long a run may take whose cluster is made first.
const MAKING: Duration = Duration::from_secs(300);

#[test]
fn kind() {
    assert_eq!(variable("ONETAG_TEST_KIND"), "1");
    let project = Project::new().with_engines();
    // The caller's engine, where it is not the first that answers.
    let provider = std::env::var("KIND_EXPERIMENTAL_PROVIDER").unwrap_or_default();
    let in_kind = |arguments: &[&str]| {
        let xtask = project.xtask(arguments.iter().copied());
        xtask.env("KIND_EXPERIMENTAL_PROVIDER", &provider)
    };
    let xtask = |verb: &str| in_kind(&[verb, "alpha", "--on", "kind"]);
    green(&xtask("e2e").start().finish_within(MAKING));
    holds_its_promises(&project, &xtask);
    let gc = in_kind(&["gc", "--clusters"]).run();
    assert!(gc.exits(exit::SUCCESS).stdout.contains("cluster"), "{gc}");
    assert_eq!(project.xtask(["status"]).run().stdout, "");
}

#[test]
fn cluster() {
    let project = Project::new();
    let xtask = |verb: &str| in_cluster(&project, verb);
    green(&xtask("e2e").start().finish_within(MAKING));
    holds_its_promises(&project, &xtask);
}

#[test]
fn cluster_by_hand() {
    let project = Project::new().with_engines();
    let bench = in_cluster(&project, "bench").args(["--pairs", "1", "--format", "json"]);
    // Three ways in three cases, each of which builds and starts everything.
    let output = bench.start().finish_within(2 * MAKING);
    let document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    assert_eq!((&document["on"], &document["tests"]), (&json!("kube"), &json!(2)));
    for case in document["cases"].as_array().unwrap() {
        let steps = |way: &str| {
            let steps = case[way]["steps"].as_array().unwrap().iter();
            json!(steps.map(|step| &step["step"]).collect::<Vec<_>>())
        };
        let wanted = ["build", "image", "save", "load", "start", "test", "remove"];
        assert_eq!(steps("by_hand"), json!(wanted));
        let wanted = ["build", "prepare", "select", "load", "deploy", "witness", "test"];
        assert_eq!(steps("kept").as_array().unwrap()[1..], wanted.map(|step| json!(step)));
    }
    project.assert_nothing_is_left();
}

/// A verb for the suite, with the cluster of the caller's.
fn in_cluster(project: &Project, verb: &str) -> Command {
    let [files, context, socket] =
        ["ONETAG_TEST_KUBECONFIG", "ONETAG_TEST_CONTEXT", "ONETAG_TEST_CONTAINERD"].map(variable);
    let options = ["--on", "kube", "--context", &context, "--containerd", &socket];
    project.xtask([verb, "alpha"]).args(options).env("KUBECONFIG", &files)
}

/// What services are asked for comes through, whoever ends meanwhile.
fn holds_its_promises(project: &Project, xtask: &dyn Fn(&str) -> Command) {
    xtask("up").start().finish_within(MAKING).exits(exit::SUCCESS);
    let run = project.kept_run();
    assert_eq!(run.get("beta", "/starts"), "x");
    fifty_clients_are_answered(&run);
    // Nobody forwards to a pod that is gone, and what it kept is there.
    let control = Control::connect(&run.environment()).unwrap();
    let away = control.killed(&Target::service("beta")).unwrap();
    let refused = minreq::get(run.url("beta")).with_timeout(5).send();
    assert!(refused.is_err(), "{refused:?}");
    away.restore().unwrap();
    assert_eq!(run.get("beta", "/starts"), "xx");
    fifty_clients_are_answered(&run);
    // The next keeper starts it anew.
    project.process("keeper").unwrap().kill();
    xtask("up").start().finish_within(MAKING).exits(exit::SUCCESS);
    assert_eq!(run.get("beta", "/starts"), "xxx");
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
}

/// A port-forward may stall after some two thousand connections within seconds.
fn fifty_clients_are_answered(run: &Run) {
    let about = format!("{}/about", run.url("beta"));
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let answer = minreq::get(&about).with_timeout(20).send().unwrap();
                    assert_eq!(answer.status_code, 200);
                }
            });
        }
    });
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
