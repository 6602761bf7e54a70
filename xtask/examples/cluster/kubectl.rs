//! `kubectl`, as far as the harness calls it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Refused;
use super::objects::{
    apply, delete_pod, listed, object_path, remove_claims, remove_if_empty, text,
};
use super::store::{Store, TICK, read, write};

/// The only context.
const CONTEXT: &str = "there";

pub(crate) fn kubectl(store: &Store, arguments: &[String]) -> Result<(), Refused> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["version", "--client", "--output", "json"] => {
            println!("{}", json!({ "clientVersion": { "gitVersion": "v1.32.4", "minor": "32" } }));
            return Ok(());
        }
        ["config", "get-contexts", "--output", "name"] => {
            println!("{CONTEXT}");
            return Ok(());
        }
        _ => {}
    }
    let ["--context", context, rest @ ..] = &words[..] else {
        return Err(format!("error: no context is named in {words:?}"));
    };
    let kubeconfig = std::env::var("KUBECONFIG").unwrap_or_default();
    let known = fs::read_to_string(&kubeconfig).unwrap_or_default();
    let (namespace, rest) = match rest {
        ["--namespace", namespace, rest @ ..] => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let (is_bounded, rest) = match rest {
        ["--request-timeout=20s", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let call = rest.join(" ");
    store.note(&format!("kubectl {call}"));
    if !known.lines().any(|line| line == *context) {
        return Err(match rest {
            ["config", ..] => format!("error: context {context} not found"),
            _ => format!("error: context \"{context}\" does not exist"),
        });
    }
    store.meet_fault("api").or_else(|fault| match rest {
        ["config", ..] => Ok(()),
        _ => Err(fault),
    })?;
    let (verb, kind) = (rest[0], rest.get(1).copied().unwrap_or_default());
    store.meet_fault(&format!("{verb} {kind}"))?;
    let goes_on = ["port-forward", "exec", "--watch", "--follow"];
    if is_bounded == rest.iter().any(|word| goes_on.contains(word)) {
        return Err(format!("error: this call has the wrong limit: {call}"));
    }
    match rest {
        ["config", "get-contexts", name, "--output", "name"] => println!("{name}"),
        [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--field-manager=onetag",
            "--filename",
            "-",
        ] => {
            let mut list = String::new();
            std::io::stdin().read_to_string(&mut list).unwrap();
            let list = serde_json::from_str(&list).map_err(|error| format!("error: {error}"))?;
            apply(store, namespace.unwrap_or_default(), &list)?;
        }
        ["get", "--ignore-not-found", "--output", "json", what @ ..] => {
            get(store, namespace, what)?;
        }
        ["get", kind, "--selector", selector, "--output", "name"] => {
            for object in selected(store, namespace, kind, selector) {
                println!("{}/{}", kind.trim_end_matches('s'), text(&object["metadata"]["name"]));
            }
        }
        ["delete", "namespace", name, "--ignore-not-found", "--wait=false"] => {
            let path = store.namespace(name).join("namespace.json");
            if let Some(mut object) = read(&path) {
                object["leaving"] = true.into();
                object["status"] = json!({
                    "phase": "Terminating",
                    "conditions": [{
                        "type": "NamespaceFinalizersRemaining",
                        "status": "True",
                        "message": store.fault("namespace").unwrap_or_default(),
                    }],
                });
                write(&path, &object);
                for pod in store.pods(name) {
                    delete_pod(store, name, text(&pod["metadata"]["name"]), None);
                }
                remove_if_empty(store, name);
            }
        }
        ["wait", "--for=delete", what, timeout] => {
            let name = what.strip_prefix("namespace/").ok_or("error: no namespace")?;
            let seconds = timeout.trim_start_matches("--timeout=").trim_end_matches('s');
            let limit = Duration::from_secs(seconds.parse().unwrap());
            // Nobody waits for what is stuck in tests.
            let stuck = store.fault("namespace").map_or(limit, |_| Duration::from_millis(200));
            let started = Instant::now();
            while store.namespace(name).exists() {
                if started.elapsed() > stuck {
                    return Err(format!("error: timed out waiting for the condition on {what}"));
                }
                thread::sleep(TICK);
            }
        }
        // A new cluster of kind's.
        ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=100s"]
        | ["wait", "--for=condition=Available", "deployments", "--all", "--timeout=100s"] => {}
        ["delete", "pods", "--selector", selector, grace, ..] => {
            let grace = grace.strip_prefix("--grace-period=").and_then(|it| it.parse().ok());
            let grace = grace.ok_or("error: no grace")?;
            for pod in selected(store, namespace, "pods", selector) {
                delete_pod(store, namespace.unwrap(), text(&pod["metadata"]["name"]), Some(grace));
            }
            wait_unless(rest.contains(&"--wait=false"), || {
                selected(store, namespace, "pods", selector).is_empty()
            });
        }
        ["delete", "deployments,statefulsets", "--selector", selector, "--cascade=foreground"] => {
            for pod in selected(store, namespace, "pods", selector) {
                delete_pod(store, namespace.unwrap(), text(&pod["metadata"]["name"]), None);
            }
            wait_unless(false, || selected(store, namespace, "pods", selector).is_empty());
            remove_claims(store, namespace.unwrap());
        }
        ["delete", kind, name, "--ignore-not-found"] => {
            let _ = fs::remove_file(object_path(store, namespace.unwrap(), kind, name));
        }
        ["logs", "--follow", container, pod] if container.starts_with("--container=") => {
            follow(store, namespace.unwrap(), pod);
        }
        ["logs", container, pod] if container.starts_with("--container=") => {
            print!("{}", log(store, namespace.unwrap(), pod))
        }
        ["port-forward", "--address", "127.0.0.1", pod, port] => {
            forward(store, namespace.unwrap(), pod, port)?;
        }
        [
            "get",
            "pods",
            "--selector",
            selector,
            "--watch",
            "--output-watch-events",
            "--output",
            "json",
        ] => {
            watch(store, namespace.unwrap(), selector);
        }
        other => return Err(format!("error: unknown arguments {other:?}")),
    }
    Ok(())
}

fn wait_unless(skipped: bool, mut is_done: impl FnMut() -> bool) {
    while !skipped && !is_done() {
        thread::sleep(TICK);
    }
}

fn get(store: &Store, namespace: Option<&str>, what: &[&str]) -> Result<(), Refused> {
    let items = match what {
        ["events", "--field-selector", "type=Warning,reason=FailedCreate"] => {
            listed(store, namespace, "events")
        }
        ["events", "--field-selector", "involvedObject.kind=Pod,reason=Killing"] => {
            killings(store, namespace)
        }
        ["nodes"] => listed(store, None, "nodes"),
        ["pods"] => listed(store, namespace, "pods"),
        ["namespaces", "--selector", label] => selected(store, None, "namespaces", label),
        [one] if one.starts_with("namespace/") => {
            let name = one.trim_start_matches("namespace/");
            let found = read(&store.namespace(name).join("namespace.json"));
            found.inspect(|object| println!("{object}"));
            return Ok(());
        }
        other => return Err(format!("error: unknown arguments {other:?}")),
    };
    println!("{}", json!({ "kind": "List", "items": items }));
    Ok(())
}

/// What nodes tell about pods that they have begun to end; a busy one is asked twice.
fn killings(store: &Store, namespace: Option<&str>) -> Vec<Value> {
    let mut pods = listed(store, namespace, "pods");
    pods.retain(|pod| !pod["metadata"]["deletionTimestamp"].is_null());
    if store.fault("node").as_deref() == Some("busy") {
        fs::remove_file(store.root.join("faults/node")).unwrap();
        return Vec::new();
    }
    let event = |pod: &Value| {
        json!({
            "reason": "Killing",
            "message": "Stopping container",
            "involvedObject": { "kind": "Pod", "uid": pod["metadata"]["uid"] },
        })
    };
    pods.iter().map(event).collect()
}

/// What has a label, `<key>` or `<key>=<value>`.
fn selected(store: &Store, namespace: Option<&str>, kind: &str, label: &str) -> Vec<Value> {
    let (key, value) = label.split_once('=').map_or((label, None), |(key, it)| (key, Some(it)));
    let mut all = listed(store, namespace, kind);
    all.retain(|object| match (&object["metadata"]["labels"][key], value) {
        (Value::Null, _) => false,
        (_, None) => true,
        (has, Some(value)) => has == value,
    });
    all
}

/// Prints each change of the pods until nobody listens.
fn watch(store: &Store, namespace: &str, selector: &str) {
    let started = Instant::now();
    let mut before: Vec<Value> = Vec::new();
    let id = |pod: &Value| text(&pod["metadata"]["uid"]).to_owned();
    loop {
        let now = selected(store, Some(namespace), "pods", selector);
        let mut events = Vec::new();
        for pod in &now {
            match before.iter().find(|it| id(it) == id(pod)) {
                None => events.push(("ADDED", pod)),
                Some(known) if known != pod => events.push(("MODIFIED", pod)),
                Some(_) => {}
            }
        }
        let gone = before.iter().filter(|it| !now.iter().any(|pod| id(pod) == id(it)));
        events.extend(gone.map(|pod| ("DELETED", pod)));
        let mut out = std::io::stdout().lock();
        for (kind, object) in events {
            if writeln!(out, "{}", json!({ "type": kind, "object": object })).is_err() {
                return;
            }
        }
        let _ = out.flush();
        before = now;
        while store.fault("watch").as_deref() == Some("stalls") {
            store.note_stalled();
            thread::sleep(TICK);
        }
        if store.fault("watch").is_some() && started.elapsed() > Duration::from_millis(2500) {
            return;
        }
        thread::sleep(TICK);
    }
}

fn log(store: &Store, namespace: &str, pod: &str) -> String {
    let path = store.namespace(namespace).join("logs").join(format!("{pod}.log"));
    fs::read_to_string(path).unwrap_or_default()
}

fn follow(store: &Store, namespace: &str, pod: &str) {
    let mut printed = 0;
    let path = store.pod(namespace, pod);
    loop {
        let is_there = path.exists();
        let all = log(store, namespace, pod);
        if all.len() > printed {
            print!("{}", &all[printed..]);
            let _ = std::io::stdout().flush();
            printed = all.len();
        }
        if !is_there {
            return;
        }
        thread::sleep(TICK);
    }
}

fn forward(store: &Store, namespace: &str, pod: &str, port: &str) -> Result<(), Refused> {
    let pod = pod.strip_prefix("pod/").ok_or("error: no pod")?;
    let inside: u16 =
        port.strip_prefix(':').and_then(|it| it.parse().ok()).ok_or("error: no port")?;
    let pod = read(&store.pod(namespace, pod)).ok_or("Error from server (NotFound): no pod")?;
    let ip = text(&pod["status"]["podIP"]).to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = listener.local_addr().unwrap().port();
    println!("Forwarding from 127.0.0.1:{local} -> {inside}");
    let _ = std::io::stdout().flush();
    for client in listener.incoming().flatten() {
        let Ok(server) = TcpStream::connect((ip.as_str(), inside)) else { continue };
        let pair = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || copy(client, server));
        thread::spawn(move || copy(pair.1, pair.0));
    }
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}
