//! The fixture workspace with a cluster that does as it is told, see `xtask/examples/cluster`.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::exit;
use crate::project::{Command, Output, Project};

pub(super) struct FakeCluster {
    pub(super) project: Project,
}

impl FakeCluster {
    pub(super) fn new() -> FakeCluster {
        let fake = FakeCluster { project: Project::new() };
        let xtask = Utf8Path::new(env!("CARGO_BIN_EXE_xtask"));
        // Nextest builds examples with the tests.
        let program = xtask.with_file_name("examples").join("cluster");
        assert!(program.exists(), "{program}: build it with `cargo build -p xtask --examples`");
        for name in ["kubectl", "ctr", "skopeo", "kind", "docker"] {
            let state = fake.state();
            let script = format!(
                "#!/bin/sh\nexport FAKE_CLUSTER='{state}'\nexec '{program}' {name} \"$@\"\n"
            );
            fake.project.program(name, &script);
        }
        fs::create_dir_all(fake.state().join("faults")).unwrap();
        fs::write(fake.socket(), "").unwrap();
        fs::write(fake.kubeconfig(), "there\n").unwrap();
        fake
    }

    /// The folder of the cluster.
    pub(super) fn state(&self) -> Utf8PathBuf {
        self.project.temp_path().join("cluster")
    }

    pub(super) fn socket(&self) -> Utf8PathBuf {
        self.project.temp_path().join("containerd.sock")
    }

    pub(super) fn kubeconfig(&self) -> Utf8PathBuf {
        self.project.temp_path().join("kubeconfig")
    }

    pub(super) fn xtask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        self.project.xtask(arguments).env("KUBECONFIG", self.kubeconfig().as_str())
    }

    /// `e2e` or `up`, with images that are imported.
    pub(super) fn importing(&self, verb: &str) -> Command {
        let socket = self.socket();
        let options = ["--on", "kube", "--context", "there", "--containerd", socket.as_str()];
        self.xtask([verb, "alpha"]).args(options)
    }

    /// `e2e` or `up` in a cluster that the harness makes.
    pub(super) fn in_kind(&self, verb: &str) -> Command {
        self.xtask([verb, "alpha", "--on", "kind"])
    }

    /// The same with images that are pushed.
    pub(super) fn pushing(&self, verb: &str) -> Command {
        let options = ["--on", "kube", "--context", "there", "--registry", "localhost:5000/team"];
        self.xtask([verb, "alpha"]).args(options)
    }

    /// How something goes wrong from now on.
    pub(super) fn fault(&self, name: &str, fault: &str) {
        fs::write(self.state().join("faults").join(name), fault).unwrap();
    }

    /// It does not any more.
    pub(super) fn mend(&self, name: &str) {
        fs::remove_file(self.state().join("faults").join(name)).unwrap();
    }

    /// The files that say what a service has in the cluster.
    fn files(&self, folder: &str, begin: &str) -> Vec<Utf8PathBuf> {
        let namespaces = self.state().join("namespaces").read_dir_utf8().unwrap();
        let files = namespaces.flat_map(|one| one.unwrap().path().join(folder).read_dir_utf8());
        let files = files.flatten().map(|file| file.unwrap().into_path());
        files.filter(|file| file.file_name().unwrap().starts_with(begin)).collect()
    }

    /// Removes the workload of a service, and its pod, as somebody does by hand.
    pub(super) fn remove_objects(&self, service: &str) {
        let workload = self.files("objects", &format!("Deployment.{service}."));
        let all = workload.into_iter().chain(self.files("pods", service));
        all.for_each(|file| fs::remove_file(file).unwrap());
    }

    /// Has the API server tell something else of the pod of a service.
    pub(super) fn edit_pod(&self, service: &str, edit: impl FnOnce(&mut Value)) {
        let path = self.files("pods", service).pop().unwrap();
        let mut pod = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        edit(&mut pod);
        let edited = self.state().join("edited");
        fs::write(&edited, Value::to_string(&pod)).unwrap();
        fs::rename(edited, path).unwrap();
    }

    /// The calls that begin so.
    pub(super) fn calls(&self, begin: &str) -> usize {
        self.read_calls().iter().filter(|call| call.starts_with(begin)).count()
    }

    /// All calls, in order.
    pub(super) fn read_calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.state().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// What it has: namespaces, and names of images on its node.
    pub(super) fn has(&self) -> Vec<String> {
        let mut all = Vec::new();
        for kind in ["namespaces", "images"] {
            let names = self.state().join(kind).read_dir_utf8().into_iter().flatten();
            all.extend(names.map(|name| name.unwrap().file_name().replace('+', "/")));
        }
        all
    }

    /// The clusters of kind's that there are.
    pub(super) fn clusters(&self) -> Vec<String> {
        let all = self.state().join("clusters").read_dir_utf8().into_iter().flatten();
        all.map(|name| name.unwrap().file_name().to_owned()).collect()
    }

    /// Removes what it has, as somebody does by hand.
    pub(super) fn clear(&self) {
        for kind in ["namespaces", "images"] {
            fs::remove_dir_all(self.state().join(kind)).unwrap();
        }
    }
}

impl Drop for FakeCluster {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.xtask(["down", "alpha"]).run();
            assert_eq!(self.has(), [""; 0]);
        }
    }
}

/// A green run that left nothing.
#[track_caller]
pub(super) fn green(output: &Output) {
    output.exits(exit::SUCCESS).says("nothing is left");
}
