//! Whole objects, as a cluster gets them. `.ci/kube-schemas` has the schemas of Kubernetes
//! look at the like.

mod own;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::backend::{ServicePorts, ServiceSpec, StoredImage};
use crate::build::image::Digest;
use crate::workspace::Ready;

fn frame(settings: &ClusterSettings) -> Frame<'_> {
    Frame {
        run_id: RunId::parse("018f0000000070008000000000000001").unwrap(),
        consumer: "orders",
        namespace: "onetag-018f0000000070008000000000000001",
        target: "/ws/target/onetag".into(),
        settings,
        pull: PullPolicy::Never,
        security: PodSecurity::Restricted,
    }
}

fn spec(service: &str) -> ServiceSpec {
    ServiceSpec {
        run_id: frame(&ClusterSettings::default()).run_id,
        generation: 1,
        ports: ServicePorts {
            service: service.to_owned(),
            port: Some(8080),
            ports: BTreeMap::new(),
            volume: None,
            is_external: false,
        },
        reference: format!("localhost/onetag/{service}:orders-018f"),
        image: StoredImage { digest: Digest::of(b"image"), details: Value::Null },
        args: Vec::new(),
        environment: BTreeMap::new(),
        secrets: BTreeSet::new(),
        config: BTreeMap::new(),
        ready: Ready::Http("/health/ready".to_owned()),
        ready_key: String::new(),
        needs: Vec::new(),
        database: false,
        memory: None,
        replicas: 1,
        manifests: Vec::new(),
    }
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// The objects of a service in a run without settings.
fn objects(spec: &ServiceSpec) -> Vec<Value> {
    let settings = ClusterSettings::default();
    let objects = service(&frame(&settings), spec, spec.ports.is_external).unwrap();
    objects.into_iter().map(Value::from).collect()
}

/// Objects as YAML, without what all of them have in common, which each has to have.
fn text(objects: impl IntoIterator<Item = Value>) -> String {
    let objects = objects.into_iter().map(|mut object| {
        let metadata = object["metadata"].as_object_mut().unwrap();
        assert_eq!(
            metadata.remove("annotations"),
            Some(json!({ "onetag.target-folder": "/ws/target/onetag" }))
        );
        take_labels(metadata["labels"].as_object_mut().unwrap());
        if object["kind"] != "Namespace" {
            let namespace = object["metadata"].as_object_mut().unwrap().remove("namespace");
            assert_eq!(namespace.unwrap(), frame(&ClusterSettings::default()).namespace);
        }
        if let Some(pods) = object.pointer_mut("/spec/template/metadata/labels") {
            take_labels(pods.as_object_mut().unwrap());
        }
        yaml_serde::to_string(&object).unwrap()
    });
    objects.collect::<Vec<_>>().join("---\n")
}

/// Takes the labels of everything that is a run's.
fn take_labels(labels: &mut serde_json::Map<String, Value>) {
    let all = [
        ("onetag.consumer", "orders"),
        ("onetag.run", "018f0000000070008000000000000001"),
        ("onetag.target", "99c0ae96e8a0f70d"),
    ];
    for (label, value) in all {
        assert_eq!(labels.remove(label), Some(json!(value)));
    }
}

/// The pods of the last of these objects.
fn pod(objects: &[Value]) -> &Value {
    &objects.last().unwrap()["spec"]["template"]["spec"]
}

#[test]
fn namespace_allows_little_and_has_an_account() {
    let settings = ClusterSettings {
        quota: map([("pods", "20"), ("memory", "4Gi")]),
        ..ClusterSettings::default()
    };
    let objects = |frame: &Frame<'_>| -> Vec<Value> {
        namespace(frame).unwrap().into_iter().map(Value::from).collect()
    };
    insta::assert_snapshot!(text(objects(&frame(&settings))), @"
    apiVersion: v1
    kind: Namespace
    metadata:
      labels:
        pod-security.kubernetes.io/enforce: restricted
      name: onetag-018f0000000070008000000000000001
    ---
    apiVersion: v1
    automountServiceAccountToken: false
    kind: ServiceAccount
    metadata:
      labels: {}
      name: onetag
    ---
    apiVersion: v1
    kind: ResourceQuota
    metadata:
      labels: {}
      name: onetag
    spec:
      hard:
        memory: 4Gi
        pods: '20'
    ");

    let list = list(namespace(&frame(&settings)).unwrap());
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("v1"), &json!("List")));
    assert_eq!(list["items"], json!(objects(&frame(&settings))));

    let settings = ClusterSettings::default();
    let open = Frame { security: PodSecurity::Baseline, ..frame(&settings) };
    let objects = objects(&open);
    assert_eq!(objects[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "baseline");
    assert_eq!(objects.len(), 2, "no quota is asked for");
}

#[test]
fn settings_of_the_workspace_are_those_of_pods() {
    let settings = ClusterSettings {
        node_selector: map([("disk", "ssd")]),
        pull_secret: Some("ci/registry".to_owned()),
        service_account: Some("tester".to_owned()),
        ..ClusterSettings::default()
    };
    let frame = Frame { pull: PullPolicy::IfNotPresent, ..frame(&settings) };
    let objects = service(&frame, &spec("orders"), false).unwrap();
    let objects: Vec<Value> = objects.into_iter().map(Value::from).collect();
    let pod = pod(&objects);
    assert_eq!(pod["nodeSelector"], json!({ "disk": "ssd" }));
    assert_eq!(pod["imagePullSecrets"], json!([{ "name": "registry" }]));
    assert_eq!(pod["serviceAccountName"], "tester");
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "IfNotPresent");

    let told = json!({
        "kind": "Secret",
        "metadata": { "name": "registry", "namespace": "ci", "uid": "1" },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": "e30=" },
    });
    let copy = Value::from(copied_pull_secret(&frame, &told).unwrap());
    assert_eq!(copy["metadata"]["namespace"], frame.namespace);
    assert_eq!((&copy["type"], &copy["data"]), (&told["type"], &told["data"]));
}

#[test]
fn what_is_written_nowhere_is_masked() {
    let mut spec = spec("orders");
    spec.environment = map([("KEY", "hunter2")]);
    spec.secrets = ["KEY".to_owned()].into();
    let settings = ClusterSettings::default();
    let objects = service(&frame(&settings), &spec, false).unwrap();
    let masked = objects.into_iter().map(|object| Value::from(object.masked()));
    let masked: Vec<Value> = masked.collect();
    assert_eq!(masked[0]["stringData"], json!({ "KEY": "<secret>" }));
    assert!(!format!("{masked:?}").contains("hunter2"));
}
