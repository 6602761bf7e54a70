//! Starting a container, and what has to be there before.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use camino::Utf8Path;
use serde_json::json;

use super::client::Client;
use super::container::arguments;
use super::images::EngineImage;
use super::logs::Collected;
use super::runtime::EngineRuntime;
use super::{CONTAINER, LABEL_RUN, LABEL_TARGET, VOLUME, container_name, remains};
use crate::backend::{Instance, Runtime as _, ServicePorts, ServiceSpec};
use crate::build::image::Digest;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::make_folder;
use crate::system::ProcessId;

/// A container that this keeper started.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) ports: ServicePorts,
    pub(super) image: EngineImage,
    /// What it has to run, by a digest that the witness expects.
    pub(super) digest: Digest,
    /// Its first process, where that is one of this machine's.
    pub(super) process: Option<ProcessId>,
    pub(super) collected: Arc<Mutex<Collected>>,
    pub(super) paused: bool,
    /// How much memory it may have, in bytes.
    pub(super) memory: Option<u64>,
}

impl EngineRuntime {
    /// Opens what an earlier keeper prepared: its containers go, and are started anew.
    pub(super) fn open_again(&self, client: &Client, ledger: &Ledger) -> anyhow::Result<()> {
        for name in remains::containers(client, self.folder.run_id())? {
            let prefix = container_name(self.folder.run_id(), "");
            let service = name.strip_prefix(&prefix).unwrap_or(&name);
            let resource = BackendResource::new(CONTAINER, service, json!(name));
            self.remove(&resource)?;
            ledger.released(&resource)?;
        }
        Ok(())
    }

    /// Makes a network or a volume of the run; one that is there stays.
    pub(super) fn make(
        &self,
        client: &Client,
        kind: &str,
        of: &str,
        name: &str,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        let there: Option<Vec<serde_json::Value>> = client.inspect(kind, &[name])?;
        if there.is_some_and(|all| !all.is_empty()) {
            return Ok(());
        }
        ledger.owns(&BackendResource::new(kind, of, json!(name)))?;
        let run = format!("{LABEL_RUN}={}", self.folder.run_id());
        let target = format!("{LABEL_TARGET}={}", self.folder.layout().base());
        let arguments = [kind, "create", "--label", &run, "--label", &target, name];
        client.work(arguments, &BTreeMap::new(), ledger).map(drop)
    }

    pub(super) fn start_one(
        &self,
        spec: &ServiceSpec,
        ledger: &Ledger,
    ) -> anyhow::Result<Instance> {
        let client = self.client()?;
        let service = spec.service();
        let name = container_name(spec.run_id, service);
        let owned = BackendResource::new(CONTAINER, service, json!(name));
        if self.started().remove(service).is_some() {
            remains::remove_container(&client, &name)?;
            // The next one is made after its image, and has to go before that.
            ledger.released(&owned)?;
        }
        remains::release_images(&client, service, &spec.reference, ledger)?;
        let image: EngineImage = serde_json::from_value(spec.image.details.clone())?;
        if image.has_own_volume {
            // It is called as its container.
            self.make(&client, VOLUME, service, &name, ledger)?;
        } else if spec.ports.volume.is_some() {
            shared_folder(&self.folder.volume(service))?;
        }
        if spec.database {
            shared_folder(&self.folder.database_folder(service))?;
        }
        self.folder.write_config(service, &spec.config)?;
        if !spec.config.is_empty() {
            readable(&self.folder.config(service))?;
        }
        let port = |port: Option<&str>| self.leases.port(service, port);
        let run = arguments(&client, &self.folder, &name, spec, &image, &self.hosts(), port)?;
        let secrets = run.secrets.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        ledger.owns(&owned)?;
        let arguments = run.arguments.iter().map(String::as_str);
        let started = client.work(arguments, &secrets.collect(), ledger);
        let info = started.and_then(|_| self.info(&client, &name)).inspect_err(|_| {
            // Its name is free for the next try; what stays, teardown finds.
            let _ = remains::remove_container(&client, &name);
        })?;
        let pid = info.map_or(0, |info| info.state.pid);
        let is_here = client.pinned.info.is_here() && pid != 0;
        let process = is_here.then(|| ProcessId::of(pid).ok()).flatten();
        let (ports, collected) = (spec.ports.clone(), Default::default());
        let (paused, memory) = (false, spec.memory);
        let digest = spec.image.digest;
        let started = Started { ports, image, digest, process, collected, paused, memory };
        self.started().insert(service.to_owned(), started);
        Ok(Instance { service: service.to_owned(), id: json!(name) })
    }
}

/// Has any user of a container read a folder and its files; above it only the caller may
/// go.
fn readable(folder: &Utf8Path) -> anyhow::Result<()> {
    let set = |path: &Utf8Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .with_context(|| format!("cannot share {path}"))
    };
    for entry in folder.read_dir_utf8()?.flatten() {
        set(entry.path(), 0o644)?;
    }
    set(folder, 0o755)
}

/// A folder that any user of a container may write to; above it only the caller may
/// go.
fn shared_folder(path: &Utf8Path) -> anyhow::Result<()> {
    make_folder(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777))
        .with_context(|| format!("cannot share the folder {path}"))
}
