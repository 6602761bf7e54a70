use serde_json::json;

use crate::workspace::testing::{Fixture, error};

#[test]
fn settings_of_clusters_are_read() {
    let kube = json!({
        "quota": { "pods": "20" },
        "node-selector": { "disk": "ssd" },
        "pull-secret": "ci/registry",
        "service-account": "tester",
    });
    let images = ["docker.io/library/busybox:1.37"];
    let table = json!({ "kube": kube, "registry": "localhost:5000/team", "allow-images": images });
    let workspace = Fixture::new().workspace(table).load().unwrap();
    assert_eq!(workspace.kube.quota["pods"], "20");
    assert_eq!(workspace.kube.pull_secret.as_deref(), Some("ci/registry"));
    assert_eq!(workspace.registry.unwrap().to_string(), "localhost:5000/team");
    assert_eq!(workspace.allowed_images, images);
}

#[test]
fn registry_has_a_host() {
    let fixture = Fixture::new().workspace(json!({ "registry": "team" }));
    insta::assert_snapshot!(error(fixture), @"Cargo.toml: workspace.metadata.onetag.registry: `team` is no registry, which is `<host>[:<port>]/<path>`");
}

#[test]
fn unknown_setting_is_refused() {
    let fixture = Fixture::new().workspace(json!({ "kube": { "node-selectors": {} } }));
    insta::assert_snapshot!(error(fixture), @"
    Cargo.toml: unknown key `workspace.metadata.onetag.kube.node-selectors`
    hint: did you mean `node-selector`? allowed here: quota, node-selector, pull-secret, service-account
    ");
}

#[test]
fn pull_secret_has_a_namespace() {
    for secret in ["registry", "ci/", "ci/a/b", "ci/Registry"] {
        let fixture = Fixture::new().workspace(json!({ "kube": { "pull-secret": secret } }));
        assert!(fixture.load().is_err(), "{secret:?}");
    }
    let fixture = Fixture::new().workspace(json!({ "kube": { "pull-secret": "registry" } }));
    insta::assert_snapshot!(error(fixture), @"
    Cargo.toml: workspace.metadata.onetag.kube.pull-secret: `registry` names no secret
    hint: write `<namespace>/<name>`: it is copied from there
    ");
}

#[test]
fn service_account_can_be_one() {
    let fixture = Fixture::new().workspace(json!({ "kube": { "service-account": "A b" } }));
    insta::assert_snapshot!(error(fixture), @"Cargo.toml: workspace.metadata.onetag.kube.service-account: `A b` cannot be the name of a service account");
}

#[test]
fn a_service_runs_at_least_once() {
    let replicas = |count: u32| Fixture::new().service("a", json!({ "replicas": count }));
    assert_eq!(replicas(2).load().unwrap().services["a"].replicas, 2);
    assert_eq!(Fixture::new().service("a", json!({})).load().unwrap().services["a"].replicas, 1);
    insta::assert_snapshot!(error(replicas(0)), @"crates/a/Cargo.toml: package.metadata.onetag.replicas: invalid value: integer `0`, expected a nonzero u32");
}

#[test]
fn manifests_lie_below_the_package() {
    for (pattern, expected) in [
        ("k8s/*.yaml", true),
        ("deployment.yaml", true),
        ("", false),
        ("../k8s/*.yaml", false),
        ("/etc/k8s.yaml", false),
        ("./k8s", false),
    ] {
        let fixture = Fixture::new().service("a", json!({ "manifests": [pattern] }));
        assert_eq!(fixture.load().is_ok(), expected, "{pattern:?}");
    }
    let fixture = Fixture::new().service("a", json!({ "manifests": ["../x.yaml"] }));
    insta::assert_snapshot!(error(fixture), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests: `../x.yaml` is not below the package
    hint: files are named by their paths from the package's own folder, with `*` for several, for example `k8s/*.yaml`
    ");
}
