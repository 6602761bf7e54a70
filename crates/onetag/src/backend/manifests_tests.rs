use std::fs;

use serde_json::json;

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

const DEPLOYMENT: &str = "
# What others call it.
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  template:
    spec:
      initContainers:
        - { name: migrate, image: 'b:latest' }
      containers:
        - { name: a, image: registry.example.com:5000/team/a }
        - { name: proxy, image: 'docker.io/envoyproxy/envoy:v1' }
";

const SERVICE: &str = "{ apiVersion: v1, kind: Service, metadata: { name: a } }";

/// What is read of a package in this folder, with these files.
fn read_from(folder: &Utf8Path, files: &[(&str, &str)]) -> anyhow::Result<Plan> {
    fs::create_dir(folder.join("k8s"))?;
    for (name, text) in files {
        fs::write(folder.join("k8s").join(name), text)?;
    }
    let service = json!({ "manifests": ["k8s/*.yaml"], "needs": ["b"], "suite": {} });
    let mut workspace = Fixture::new()
        .workspace(json!({ "allow-images": ["docker.io/envoyproxy/envoy:v1"] }))
        .service("a", service)
        .service("b", json!({}))
        .e2e(&["a"])
        .load()?;
    workspace.services.get_mut("a").unwrap().manifest_path = folder.join("Cargo.toml");
    let mut plan = workspace.plan(workspace.suite("a")?)?;
    read_manifests(&workspace, &mut plan)?;
    Ok(plan)
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(folder.path().to_owned()).unwrap();
    (folder, path)
}

/// What is said of a package with these files.
fn refused(files: &[(&str, &str)]) -> String {
    let (_guard, folder) = folder();
    let error = read_from(&folder, files).unwrap_err();
    assert_eq!(Kind::of(&error), Kind::Metadata);
    describe(&error).replace(folder.as_str(), "<package>")
}

#[test]
fn images_of_services_get_their_references() {
    let files = [("1.yaml", SERVICE), ("2.yaml", DEPLOYMENT), ("readme", "no manifest: [")];
    let (_guard, folder) = folder();
    let plan = read_from(&folder, &files).unwrap();
    let objects = &plan.service("a").unwrap().manifests;
    let kinds: Vec<&Value> = objects.iter().map(|object| &object["kind"]).collect();
    assert_eq!(kinds, ["Service", "Deployment"]);
    assert!(plan.service("b").unwrap().manifests.is_empty());

    let reference = |name: &str| ["a", "b"].contains(&name).then(|| format!("of-the-run/{name}:1"));
    let objects = with_references(objects, reference);
    let pod = &objects[1]["spec"]["template"]["spec"];
    assert_eq!(pod["initContainers"][0]["image"], "of-the-run/b:1");
    assert_eq!(pod["containers"][0]["image"], "of-the-run/a:1");
    assert_eq!(pod["containers"][1]["image"], "docker.io/envoyproxy/envoy:v1");
}

#[test]
fn image_is_known_by_its_last_name() {
    for image in ["a", "a:1", "localhost/a:1", "r.io:5000/team/a", "r.io/a:1@sha256:00"] {
        assert_eq!(named(image), "a", "{image}");
    }
    assert_eq!(named("r.io/a/other:1"), "other");
}

#[test]
fn image_that_no_run_builds_is_refused() {
    let other = DEPLOYMENT.replace("'b:latest'", "busybox");
    insta::assert_snapshot!(refused(&[("a.yaml", &other)]), @r#"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: <package>/k8s/a.yaml is refused
      because: no run builds the image `busybox` of the Deployment `a`
    hint: name a service of this run, or add "busybox" to `allow-images` in [workspace.metadata.onetag] of /ws/Cargo.toml
    "#);
}

#[test]
fn manifests_have_to_be_there() {
    insta::assert_snapshot!(refused(&[("a.yml", DEPLOYMENT)]), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: there is no file `k8s/*.yaml` in <package>
    ");
}

#[test]
fn service_has_one_workload() {
    insta::assert_snapshot!(refused(&[("a.yaml", SERVICE)]), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: `a` has not exactly one workload
    hint: of all Deployments and StatefulSets there is one, named `a`; others are services of their own
    ");
    let said = "`a` has not exactly one workload";
    let other = DEPLOYMENT.replace("{ name: a }", "{ name: other }");
    for second in [DEPLOYMENT, &other] {
        let refused = refused(&[("a.yaml", DEPLOYMENT), ("b.yaml", second)]);
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    insta::assert_snapshot!(refused(&[("a.yaml", "kind: [")]), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: <package>/k8s/a.yaml is no manifest
      because: did not find expected node content at line 2 column 1, while parsing a flow node
    ");
    insta::assert_snapshot!(refused(&[("a.yaml", "kind: Secret")]), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: <package>/k8s/a.yaml is refused
      because: a Secret has no `metadata.name`
    ");
}

#[test]
fn object_that_outlives_the_run_is_refused() {
    let role = "{ kind: ClusterRole, metadata: { name: reader } }";
    insta::assert_snapshot!(refused(&[("a.yaml", role)]), @"
    crates/a/Cargo.toml: package.metadata.onetag.manifests
      because: <package>/k8s/a.yaml is refused
      because: the ClusterRole `reader` would outlive the run: it is in no namespace
    hint: make it beforehand, for all runs
    ");
}
