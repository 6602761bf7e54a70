//! What minds one pod, as a kubelet does: it starts the program of the image, asks it
//! whether it is ready, and ends it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::Refused;
use super::images::find;
use super::objects::{remove_if_empty, text};
use super::store::{Store, TICK, read};

/// How often a program is asked whether it is ready.
const PROBE: Duration = Duration::from_millis(50);

/// Minds a pod until it is gone.
pub(crate) fn mind(store: &Store, namespace: &str, name: &str) -> Result<(), Refused> {
    let path = store.pod(namespace, name);
    let pod = read(&path).ok_or("there is no such pod")?;
    // It has a session of its own by now, which does not end with whoever called kubectl.
    store.change_pod(namespace, name, |pod| pod["minded"] = true.into());
    let mut child = match start(store, namespace, &pod) {
        Ok(child) => Some(child),
        Err(condition) => {
            store.change_pod(namespace, name, |pod| pod["status"] = condition);
            None
        }
    };
    let (mut probed, mut ended, mut asked) = (Instant::now(), false, None);
    while let Some(now) = read(&path) {
        if let Some(child) = child.as_mut().filter(|_| !ended) {
            if let Some(status) = child.try_wait().unwrap() {
                use std::os::unix::process::ExitStatusExt as _;
                let code = status.code().or(status.signal().map(|signal| 128 + signal));
                ended = true;
                store.change_pod(namespace, name, |pod| {
                    let terminated = json!({ "exitCode": code, "reason": "Error" });
                    pod["status"]["containerStatuses"][0]["state"] =
                        json!({ "terminated": terminated });
                    pod["status"]["conditions"] = json!([]);
                });
            } else if probed.elapsed() >= PROBE {
                probed = Instant::now();
                let ready = if is_ready(&pod, namespace) { "True" } else { "False" };
                if now["status"]["conditions"][0]["status"] != ready {
                    let ready = json!([{ "type": "Ready", "status": ready }]);
                    store.change_pod(namespace, name, |pod| pod["status"]["conditions"] = ready);
                }
            }
        }
        if !now["metadata"]["deletionTimestamp"].is_null() {
            let running = child.as_ref().filter(|_| !ended);
            let Some(running) = running else { break };
            let pid = Pid::from_child(running);
            let grace = now["metadata"]["deletionGracePeriodSeconds"].as_u64().unwrap();
            let (since, _) = *asked.get_or_insert_with(|| {
                let _ = kill_process(pid, Signal::TERM);
                (Instant::now(), ())
            });
            if since.elapsed() >= Duration::from_secs(grace) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        thread::sleep(TICK);
    }
    if let Some(mut child) = child {
        let _ = child.kill().and_then(|()| child.wait());
    }
    let _lock = store.lock();
    let _ = fs::remove_file(path);
    remove_if_empty(store, namespace);
    Ok(())
}

/// The address of a pod, or of the first one of a service: names are not known here.
fn address(namespace: &str, service: &str, number: u64) -> Ipv4Addr {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in format!("{namespace}/{service}/{number}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let [a, b, c, ..] = hash.to_be_bytes();
    Ipv4Addr::new(127, 64 + a % 64, b, 1 + c % 250)
}

fn own_address(pod: &Value, namespace: &str) -> Ipv4Addr {
    let service = text(&pod["metadata"]["labels"]["onetag.service"]);
    address(namespace, service, pod["number"].as_u64().unwrap())
}

/// Starts the program; where that cannot be, says how the pod is then.
fn start(store: &Store, namespace: &str, pod: &Value) -> Result<Child, Value> {
    let container = &pod["spec"]["containers"][0];
    let (service, image) = (text(&container["name"]), text(&container["image"]));
    let waiting = |reason: &str, message: String| {
        let state = json!({ "waiting": { "reason": reason, "message": message } });
        let container = json!({ "name": service, "state": state, "restartCount": 0 });
        json!({ "phase": "Pending", "conditions": [], "containerStatuses": [container] })
    };
    if let Some(fault) = store.fault(&format!("pod {service}")) {
        let (reason, message) = fault.split_once(' ').unwrap_or((&fault, ""));
        if reason == "Unschedulable" {
            let condition = json!({
                "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
            });
            return Err(json!({ "phase": "Pending", "conditions": [condition] }));
        }
        return Err(waiting(reason, message.to_owned()));
    }
    let on_node = find(store, "images", image);
    let found = match text(&container["imagePullPolicy"]) {
        "Never" => on_node.ok_or_else(|| {
            let says =
                format!("Container image \"{image}\" is not present with pull policy of Never");
            waiting("ErrImageNeverPull", says)
        })?,
        _ => on_node.or_else(|| find(store, "registry", image)).ok_or_else(|| {
            let says = format!("failed to pull and unpack image \"{image}\": not found");
            waiting("ErrImagePull", says)
        })?,
    };
    let own = own_address(pod, namespace);
    let folder = store.namespace(namespace);
    let name = text(&pod["metadata"]["name"]);
    let log = folder.join("logs").join(format!("{name}.log"));
    fs::create_dir_all(log.parent().unwrap()).unwrap();
    let output = File::create(&log).unwrap();
    let program = format!("{}{}", text(&found["root"]), text(&found["entrypoint"]));
    let mut command = Command::new(program);
    command.stdout(output.try_clone().unwrap()).stderr(output);
    // The variable by which tests find what was started for them.
    command.env_clear().env("PATH", std::env::var("PATH").unwrap());
    let translate = |value: &str| {
        let mut value = value.replace("0.0.0.0", &own.to_string());
        for other in ["alpha", "beta"] {
            let first = address(namespace, other, 0).to_string();
            value = value.replace(&format!("//{other}:"), &format!("//{first}:"));
        }
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let (volume, at) = (text(&mount["name"]), text(&mount["mountPath"]));
            let real = folder.join("claims").join(format!("{service}.{volume}"));
            fs::create_dir_all(&real).unwrap();
            if value == at || value.starts_with(&format!("{at}/")) {
                value = value.replacen(at, real.as_str(), 1);
            }
        }
        value
    };
    for variable in container["env"].as_array().into_iter().flatten() {
        command.env(text(&variable["name"]), translate(text(&variable["value"])));
    }
    command.args(container["args"].as_array().into_iter().flatten().map(|it| translate(text(it))));
    let child = command.spawn().map_err(|error| waiting("RunContainerError", error.to_string()))?;
    let lies = store.fault(&format!("image {service}-{}", pod["number"]));
    let is_elsewhere = store.fault("elsewhere").is_some();
    let digest = lies.unwrap_or_else(|| text(&found["config"]).to_owned());
    store.change_pod(namespace, name, |pod| {
        pod["spec"]["nodeName"] = "node-1".into();
        pod["status"] = json!({
            "phase": "Running",
            "podIP": own.to_string(),
            "hostIP": if is_elsewhere { "192.0.2.1" } else { "127.0.0.1" },
            "conditions": [{ "type": "Ready", "status": "False" }],
            "containerStatuses": [{
                "name": service,
                "imageID": digest,
                "restartCount": 0,
                "state": { "running": { "startedAt": "2026-11-28T20:00:00Z" } },
            }],
        });
    });
    Ok(child)
}

fn is_ready(pod: &Value, namespace: &str) -> bool {
    let container = &pod["spec"]["containers"][0];
    let probe = &container["readinessProbe"];
    let own = own_address(pod, namespace);
    if let Some(port) = probe["tcpSocket"]["port"].as_u64() {
        return TcpStream::connect((own, port as u16)).is_ok();
    }
    let Some(port) = probe["httpGet"]["port"].as_u64() else { return true };
    let path = text(&probe["httpGet"]["path"]);
    let ask = || {
        let mut stream = TcpStream::connect((own, port as u16))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer.contains(" 200 "))
    };
    ask().unwrap_or(false)
}
