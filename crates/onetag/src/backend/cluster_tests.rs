use serde_json::json;

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

fn workspace(table: serde_json::Value) -> Workspace {
    Fixture::new().workspace(table).load().unwrap()
}

fn choice(context: Option<&str>, images: Option<ImageRoute>) -> ClusterChoice {
    ClusterChoice { context: context.map(str::to_owned), images, is_fresh: false }
}

fn registry(text: &str) -> Option<ImageRoute> {
    Some(ImageRoute::Registry(Registry::named(text).unwrap()))
}

/// What is said of a choice for `--on kube`.
fn refused(choice: &ClusterChoice, kind: BackendKind) -> String {
    let error = choice.resolve(kind, &workspace(json!({}))).unwrap_err();
    assert_eq!(Kind::of(&error), Kind::Usage);
    describe(&error)
}

#[test]
fn context_is_never_guessed() {
    insta::assert_snapshot!(refused(&choice(None, registry("localhost:5000")), BackendKind::Kube), @"
    `--on kube` needs `--context <NAME>`
    hint: `kubectl config get-contexts` lists them; none is used unnamed
    ");
}

#[test]
fn images_need_a_way() {
    insta::assert_snapshot!(refused(&choice(Some("c"), None), BackendKind::Kube), @r#"
    nothing says how images get into the cluster
    hint: `--registry <HOST/PATH>`, or `registry = "…"` in [workspace.metadata.onetag] of /ws/Cargo.toml; or `--containerd <SOCKET>` for a cluster of one node, this machine
    "#);
}

#[test]
fn registry_of_the_caller_goes_before_that_of_the_workspace() {
    let workspace = workspace(json!({ "registry": "localhost:5000/team" }));
    let resolve = |choice: ClusterChoice| choice.resolve(BackendKind::Kube, &workspace).unwrap();
    assert_eq!(resolve(choice(Some("c"), None)).images, registry("localhost:5000/team"));
    let asked = choice(Some("c"), registry("localhost:6000"));
    assert_eq!(resolve(asked.clone()), asked);
    let socket = Some(ImageRoute::Containerd("/run/c.sock".into()));
    assert_eq!(resolve(choice(Some("c"), socket.clone())).images, socket);
}

#[test]
fn workspace_with_a_registry_runs_elsewhere_as_well() {
    let workspace = workspace(json!({ "registry": "localhost:5000/team" }));
    let nothing = ClusterChoice::default();
    assert_eq!(nothing.resolve(BackendKind::Process, &workspace).unwrap(), nothing);
}

#[test]
fn options_of_clusters_are_for_clusters() {
    insta::assert_snapshot!(refused(&choice(Some("c"), None), BackendKind::Process), @"
    `--context` is nothing for the backend `process`
    hint: it is for `--on kube`
    ");
    insta::assert_snapshot!(refused(&choice(None, registry("localhost:5000")), BackendKind::Podman), @"
    `--registry` is nothing for the backend `podman`
    hint: it is for `--on kube`
    ");
    let fresh = ClusterChoice { is_fresh: true, ..choice(Some("c"), registry("localhost:5000")) };
    assert!(refused(&fresh, BackendKind::Kube).contains("`--fresh-cluster`"));
}

#[test]
fn kept_run_stays_in_its_cluster() {
    let of_run = choice(Some("c"), registry("localhost:5000"));
    let contradiction = |asked: &ClusterChoice| of_run.contradiction(asked);
    assert_eq!(contradiction(&ClusterChoice::default()), None);
    assert_eq!(contradiction(&choice(Some("c"), None)), None);
    assert_eq!(contradiction(&of_run), None);
    let other = contradiction(&choice(Some("d"), None)).unwrap();
    assert_eq!(other, "does not have `--context d`");
    let fresh = ClusterChoice { is_fresh: true, ..ClusterChoice::default() };
    assert_eq!(contradiction(&fresh).unwrap(), "does not have `--fresh-cluster`");
}
