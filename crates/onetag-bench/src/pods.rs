//! The services of a suite, as pods that are made by hand.

use std::fs::{self, Permissions};
use std::ops::ControlFlow::{Break, Continue};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use xshell::cmd;

use crate::Cluster;
use crate::containers::{Containers, WORKING_DIR};
use crate::processes::until;
use crate::services::{READY, ServiceProgram};

/// Has the node forget an image: Kubernetes names each by its id as well, which keeps the
/// bytes; names that somebody gave stay. `ctr` is a function before it.
const FORGET: &str = r#"
forget() {
    digest=$(ctr images ls "name==\"$1\"" | awk 'NR == 2 { print $3 }')
    ctr images rm "$1" || return 1
    others=$(ctr images ls --quiet "target.digest==\"$digest\"")
    for other in $others; do
        case $other in sha256:* | import-*) ;; *) return 0 ;; esac
    done
    [ -z "$others" ] || ctr images rm $others
}
"#;

/// Removes from the cluster whatever has the id of the bench: its namespace, and the images
/// of its node, whose names end in the id. `kubectl`, `ctr` and `forget` are functions
/// before it.
const REMOVE: &str = r#"
kubectl delete namespace "onetag-bench-$id" --ignore-not-found --timeout=120s || failed=1
images=$(ctr images ls --quiet | grep -e "-$id\$")
for image in $images; do
    forget "$image" || failed=1
done
"#;

/// The pods of one lap.
pub(crate) struct Pods<'a> {
    /// What makes their images.
    pub(crate) containers: &'a Containers<'a>,
    pub(crate) cluster: &'a Cluster,
}

/// Each forwards the ports of a service; ended when this is dropped.
pub(crate) struct Forwards(Vec<Child>);

impl Pods<'_> {
    /// Imports the archives.
    pub(crate) fn load(&self) -> anyhow::Result<()> {
        self.containers.of_each(|shell, _, program| {
            let archive = self.containers.archive(program);
            self.cluster.ctr.with(shell, &["images", "import", archive.as_str()])
        })
    }

    /// Applies the manifests, waits until their pods run, and then for the services.
    pub(crate) fn start(&self) -> anyhow::Result<Forwards> {
        let Containers { shell, calls, programs, folder, .. } = self.containers;
        let (kubectl, namespace) = (&self.cluster.kubectl, self.namespace());
        let file = folder.join("manifests.json");
        let manifests = json!({
            "apiVersion": "v1",
            "kind": "List",
            "items": programs.iter().flat_map(manifests).collect::<Vec<_>>(),
        });
        fs::write(&file, manifests.to_string()).with_context(|| format!("cannot write {file}"))?;
        // Some variables belong on no screen.
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        calls.run(vec![kubectl.with(shell, &["create", "namespace", &namespace])])?;
        let apply = ["apply", "--namespace", &namespace, "--filename", file.as_str()];
        calls.run(vec![kubectl.with(shell, &apply)])?;
        let timeout = format!("--timeout={}s", READY.as_secs());
        let rollouts = programs.iter().map(|program| {
            let workload = format!("deployment/{}", program.service.name);
            let of_run = ["--namespace", &namespace, &workload, &timeout];
            kubectl.with(shell, &[&["rollout", "status"], &of_run[..]].concat())
        });
        calls.run(rollouts.collect())?;
        let mut forwards = Forwards(Vec::new());
        let reached = || programs.iter().filter(|program| !program.wired.publish.is_empty());
        for program in reached() {
            forwards.0.push(self.forward(program)?);
        }
        for (program, forward) in reached().zip(&mut forwards.0) {
            self.wait_until_ready(program, forward)?;
        }
        Ok(forwards)
    }

    fn forward(&self, program: &ServiceProgram<'_>) -> anyhow::Result<Child> {
        let workload = format!("deployment/{}", program.service.name);
        let namespace = self.namespace();
        let ports = program.wired.publish.iter();
        let ports: Vec<_> = ports.map(|(outside, inside)| format!("{outside}:{inside}")).collect();
        let call = ["--namespace", &namespace, "port-forward", &workload];
        let call = self.cluster.kubectl.with(self.containers.shell, &call).args(ports);
        let mut command = Command::from(call);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.containers.processes.spawn(&mut command)
    }

    fn wait_until_ready(
        &self,
        program: &ServiceProgram<'_>,
        forward: &mut Child,
    ) -> anyhow::Result<()> {
        let service = &program.service.name;
        let what = format!("waiting until service `{service}` is ready, applied by hand");
        let host = self.containers.calls.host;
        until(
            &what,
            READY,
            || host.check(),
            || {
                let has_ended = forward.try_wait()?.is_some();
                ensure!(!has_ended, "`kubectl port-forward` to `{service}` has ended");
                Ok((program.wired.probe)().map_or_else(Continue, Break))
            },
        )
    }

    /// Removes namespace and images.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        let Containers { shell, calls, programs, .. } = self.containers;
        let Cluster { kubectl, ctr } = self.cluster;
        let (engine, namespace) = (&calls.engine.program, self.namespace());
        let images = programs.iter().map(|program| program.wired.image.as_str());
        let images: Vec<&str> = images.collect();
        calls.run(vec![kubectl.with(shell, &["delete", "namespace", &namespace])])?;
        let forget = format!("{}{FORGET}", ctr.function("ctr"));
        let forget = format!("{forget}for image; do forget \"$image\" || exit 1; done");
        calls.run(vec![cmd!(shell, "/bin/sh -c {forget} forget").args(&images)])?;
        calls.run(vec![cmd!(shell, "{engine} rmi {images...}")]).map(drop)
    }

    fn namespace(&self) -> String {
        format!("onetag-bench-{}", self.containers.calls.engine.id)
    }
}

impl Drop for Forwards {
    fn drop(&mut self) {
        for forward in &mut self.0 {
            let _ = forward.kill();
            let _ = forward.wait();
        }
    }
}

impl Cluster {
    /// The script that removes what the bench has made here, of the variable `id`.
    pub(crate) fn removal(&self) -> String {
        let (kubectl, ctr) = (self.kubectl.function("kubectl"), self.ctr.function("ctr"));
        format!("{kubectl}{ctr}{FORGET}{REMOVE}")
    }
}

/// What somebody would write to have a service run, and others find it.
fn manifests(program: &ServiceProgram<'_>) -> Vec<Value> {
    let (name, wired) = (&program.service.name, program.wired);
    let labels = json!({ "app": name });
    // Without that `$(NAME)` would be replaced.
    let literal = |text: &str| text.replace('$', "$$");
    let variables = wired.variables.iter();
    let container = json!({
        "name": name,
        "image": wired.image,
        "imagePullPolicy": "Never",
        "workingDir": WORKING_DIR,
        "args": wired.args.iter().map(|arg| literal(arg)).collect::<Vec<_>>(),
        "env": variables
            .map(|(key, value)| json!({ "name": key, "value": literal(value) }))
            .collect::<Vec<_>>(),
    });
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                // Their end is not measured.
                "spec": { "containers": [container], "terminationGracePeriodSeconds": 1 },
            },
        },
    });
    let ports = wired.publish.iter().map(|(_, inside)| {
        json!({ "name": format!("port-{inside}"), "port": inside, "targetPort": inside })
    });
    let ports: Vec<Value> = ports.collect();
    if ports.is_empty() {
        return vec![deployment];
    }
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name },
        "spec": { "selector": labels, "ports": ports },
    });
    vec![deployment, service]
}
