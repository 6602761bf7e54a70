//! The files of the cluster.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

/// How often somebody looks whether something has changed.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The folder that `FAKE_CLUSTER` names.
pub(crate) struct Store {
    pub(crate) root: Utf8PathBuf,
}

impl Store {
    pub(crate) fn open() -> Store {
        let root = std::env::var("FAKE_CLUSTER").expect("FAKE_CLUSTER names the folder");
        let store = Store { root: root.into() };
        for folder in ["faults", "images", "registry", "namespaces"] {
            fs::create_dir_all(store.root.join(folder)).unwrap();
        }
        store
    }

    /// Takes note of a call, as one line.
    pub(crate) fn note(&self, call: &str) {
        let path = self.root.join("calls");
        let mut calls = OpenOptions::new().create(true).append(true).open(path).unwrap();
        calls.write_all(format!("{}\n", call.replace('\n', " ")).as_bytes()).unwrap();
    }

    /// What goes wrong with something.
    pub(crate) fn fault(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.root.join("faults").join(name)).ok()
    }

    /// Fails, hangs, or goes on, as the fault of this name says.
    pub(crate) fn meet_fault(&self, name: &str) -> Result<(), String> {
        match self.fault(name) {
            None => Ok(()),
            Some(fault) if fault == "hang" => loop {
                thread::park();
            },
            Some(fault) if fault == "garbage" => {
                println!("no {{ json");
                std::process::exit(0)
            }
            Some(fault) => Err(fault),
        }
    }

    /// Holds off whoever else changes something.
    pub(crate) fn lock(&self) -> File {
        let file = File::create(self.root.join("lock")).unwrap();
        file.lock().unwrap();
        file
    }

    pub(crate) fn namespace(&self, name: &str) -> Utf8PathBuf {
        self.root.join("namespaces").join(name)
    }

    pub(crate) fn pod(&self, namespace: &str, name: &str) -> Utf8PathBuf {
        self.namespace(namespace).join("pods").join(format!("{name}.json"))
    }

    /// Lets tests wait until a watch tells nothing any more.
    pub(crate) fn note_stalled(&self) {
        fs::write(self.root.join("stalled"), "").unwrap();
    }

    /// Changes a pod that is there.
    pub(crate) fn change_pod(&self, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let _lock = self.lock();
        let path = self.pod(namespace, name);
        if let Some(mut pod) = read(&path) {
            change(&mut pod);
            write(&path, &pod);
        }
    }

    /// The pods of a namespace.
    pub(crate) fn pods(&self, namespace: &str) -> Vec<Value> {
        all(&self.namespace(namespace).join("pods"))
    }
}

/// The documents of a folder, in the order of their names.
pub(crate) fn all(folder: &Utf8Path) -> Vec<Value> {
    let mut paths: Vec<_> = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.into_path())
        .filter(|path| path.extension() == Some("json"))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| read(path)).collect()
}

pub(crate) fn read(path: &Utf8Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes a document as a whole.
pub(crate) fn write(path: &Utf8Path, value: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, value.to_string()).unwrap();
    fs::rename(partial, path).unwrap();
}
