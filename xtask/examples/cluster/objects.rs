//! What is applied, and what becomes of it: workloads get pods.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::Refused;
use super::images::names;
use super::store::{Store, all, read, write};

/// Applies a list, one object after the other.
pub(crate) fn apply(store: &Store, namespace: &str, list: &Value) -> Result<(), Refused> {
    if list["kind"] != "List" {
        return Err("error: only lists are applied here".to_owned());
    }
    for object in list["items"].as_array().unwrap() {
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        store.meet_fault(&format!("apply {kind}"))?;
        store.note(&format!("applied {kind} {name}"));
        for label in ["onetag.run", "onetag.consumer", "onetag.target"] {
            if object["metadata"]["labels"][label].is_null() {
                return Err(format!("error: {kind} {name} has no label {label}"));
            }
        }
        if kind == "Namespace" {
            write(&store.namespace(name).join("namespace.json"), object);
            continue;
        }
        if object["metadata"]["namespace"] != namespace {
            return Err(format!("error: the namespace of {kind} {name} is not {namespace}"));
        }
        if read(&store.namespace(namespace).join("namespace.json")).is_none() {
            return Err(format!(
                "Error from server (NotFound): namespaces \"{namespace}\" not found"
            ));
        }
        write(&object_path(store, namespace, kind, name), object);
        if matches!(kind, "Deployment" | "StatefulSet") {
            scale(store, namespace, object);
        }
    }
    Ok(())
}

pub(crate) fn object_path(store: &Store, namespace: &str, kind: &str, name: &str) -> Utf8PathBuf {
    store.namespace(namespace).join("objects").join(format!("{kind}.{name}.json"))
}

/// Removes the claims of workloads that want that once they are deleted; otherwise claims
/// stay as long as their namespace.
pub(crate) fn remove_claims(store: &Store, namespace: &str) {
    let folder = store.namespace(namespace);
    for workload in all(&folder.join("objects")) {
        let policy = &workload["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"];
        let of_workload = format!("{}.", text(&workload["metadata"]["name"]));
        let claims = folder.join("claims").read_dir_utf8().into_iter().flatten().flatten();
        for claim in claims.filter(|claim| claim.file_name().starts_with(&of_workload)) {
            if policy == "Delete" {
                fs::remove_dir_all(claim.path()).unwrap();
            }
        }
    }
}

/// Has as many pods there as a workload is to have.
fn scale(store: &Store, namespace: &str, workload: &Value) {
    let service = text(&workload["metadata"]["name"]).to_owned();
    let wanted = workload["spec"]["replicas"].as_u64().unwrap();
    if let Some(message) = store.fault("quota") {
        let kind = if workload["kind"] == "Deployment" { "ReplicaSet" } else { "StatefulSet" };
        let name = if kind == "ReplicaSet" { format!("{service}-7d9c") } else { service };
        let event = json!({
            "reason": "FailedCreate",
            "message": message,
            "involvedObject": { "kind": kind, "name": name },
        });
        return write(&store.namespace(namespace).join("events/quota.json"), &event);
    }
    let there: Vec<Value> = of_service(store, namespace, &service);
    for pod in there.iter().skip(wanted as usize) {
        delete_pod(store, namespace, text(&pod["metadata"]["name"]), None);
    }
    for number in there.len() as u64..wanted {
        start_pod(store, namespace, workload, number);
    }
}

fn of_service(store: &Store, namespace: &str, service: &str) -> Vec<Value> {
    let mut pods = store.pods(namespace);
    pods.retain(|pod| pod["metadata"]["labels"]["onetag.service"] == service);
    pods
}

/// Makes a pod, and starts what minds it.
#[expect(clippy::zombie_processes, reason = "what minds a pod outlives this process")]
fn start_pod(store: &Store, namespace: &str, workload: &Value, number: u64) {
    let service = text(&workload["metadata"]["name"]);
    let template = &workload["spec"]["template"];
    let name = format!("{service}-{number}-{}", fastrand::u32(..));
    let pod = json!({
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": format!("{:032x}", fastrand::u128(..)),
            "labels": template["metadata"]["labels"],
        },
        "spec": template["spec"],
        "number": number,
        "claims": workload["spec"]["volumeClaimTemplates"],
        "status": { "phase": "Pending", "conditions": [], "containerStatuses": [] },
    });
    write(&store.pod(namespace, &name), &pod);
    // Whoever calls kubectl ends what that leaves in its session, so it is waited for until
    // it has one of its own.
    let mut node = Command::new("setsid")
        .arg(std::env::current_exe().unwrap())
        .args(["node", namespace, &name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    node.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
}

/// Asks a pod to end; what minds it removes it then.
pub(crate) fn delete_pod(store: &Store, namespace: &str, name: &str, grace: Option<u64>) {
    store.change_pod(namespace, name, |pod| {
        let grace = grace.or(pod["spec"]["terminationGracePeriodSeconds"].as_u64());
        pod["metadata"]["deletionTimestamp"] = "2026-11-28T20:00:00Z".into();
        pod["metadata"]["deletionGracePeriodSeconds"] = grace.unwrap_or(30).into();
    });
}

/// Removes a namespace once none of its pods is left.
pub(crate) fn remove_if_empty(store: &Store, namespace: &str) {
    let folder = store.namespace(namespace);
    let is_leaving = read(&folder.join("namespace.json")).is_some_and(|it| it["leaving"] == true);
    if is_leaving && store.pods(namespace).is_empty() && store.fault("namespace").is_none() {
        let _ = fs::remove_dir_all(folder);
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The objects of a kind that a cluster has, in a namespace or in none.
pub(crate) fn listed(store: &Store, namespace: Option<&str>, kind: &str) -> Vec<Value> {
    match (kind, namespace) {
        ("namespaces", _) => {
            let folders = store.root.join("namespaces").read_dir_utf8().unwrap().flatten();
            folders.filter_map(|folder| read(&folder.path().join("namespace.json"))).collect()
        }
        ("nodes", _) => vec![node(store)],
        ("pods", Some(namespace)) => store.pods(namespace),
        ("events", Some(namespace)) => all(&store.namespace(namespace).join("events")),
        _ => Vec::new(),
    }
}

fn node(store: &Store) -> Value {
    let images = names(&store.root.join("images"));
    let images: Vec<Value> = images.map(|name| json!({ "names": [name] })).collect();
    json!({ "metadata": { "name": "node-1" }, "status": { "images": images } })
}
