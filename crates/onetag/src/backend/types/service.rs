//! A service, as a backend is to run it.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::image::StoredImage;
use crate::run::RunId;
use crate::workspace::{Ready, Service};

/// The ports of a service, and its volume, as its metadata says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServicePorts {
    /// The name of the service.
    pub service: String,
    /// Its port inside its own network, if it has one.
    pub port: Option<u16>,
    /// Its further ports, by name.
    pub ports: BTreeMap<String, u16>,
    /// Where it wants a folder that outlives a restart, if it wants one.
    pub volume: Option<Utf8PathBuf>,
    /// Whether others wrote it.
    pub is_external: bool,
}

impl ServicePorts {
    pub(crate) fn of(service: &Service) -> ServicePorts {
        let Service { name, port, ports, volume, .. } = service;
        let is_external = service.external().is_some();
        let (service, ports, volume) = (name.clone(), ports.clone(), volume.clone());
        ServicePorts { service, port: *port, ports, volume, is_external }
    }

    /// All of them: none is the name of the service's own port.
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        let further = self.ports.keys().map(|port| Some(port.as_str()));
        self.port.map(|_| None).into_iter().chain(further)
    }
}

/// What a backend prepared for a run, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Prepared(pub Value);

impl Prepared {
    /// What was prepared `before`, as the backend says it; its default if nothing was.
    ///
    /// # Errors
    ///
    /// It is not of this backend.
    pub fn read<T: Default + DeserializeOwned>(before: Option<&Prepared>) -> anyhow::Result<T> {
        let before = before.map(|Prepared(before)| T::deserialize(before)).transpose()?;
        Ok(before.unwrap_or_default())
    }
}

/// Where a service listens, where others find it, and what it may write to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServiceAddresses {
    /// Of its own port, if it has one.
    pub own: Option<Endpoint>,
    /// Of its further ports, by name.
    pub ports: BTreeMap<String, Endpoint>,
    /// A folder that outlives a restart, as the service sees it.
    pub volume: Utf8PathBuf,
    /// The file of its SQLite database, as the service sees it.
    pub database: Utf8PathBuf,
    /// The folder with the files of its configuration, as the service sees it.
    pub config: Utf8PathBuf,
}

/// Both ends of a port, each as `<host>:<port>`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Endpoint {
    /// What the service binds.
    pub listen: String,
    /// Where services of the run find it.
    pub internal: String,
}

/// How to start a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServiceSpec {
    /// The run that it is of.
    pub run_id: RunId,
    /// The generation of the run in which it is deployed.
    pub generation: u32,
    /// Its ports, and its name.
    pub ports: ServicePorts,
    /// The name of its image, or what the backend calls an external one.
    pub reference: String,
    /// Its image.
    pub image: StoredImage,
    /// The arguments of its program.
    pub args: Vec<String>,
    /// Its variables.
    pub environment: BTreeMap<String, String>,
    /// The names of those that hold a value of whoever calls, which is written nowhere.
    pub secrets: BTreeSet<String>,
    /// The files of its configuration, by name: they lie in a folder of their own when
    /// it starts.
    pub config: BTreeMap<String, String>,
    /// How it is known to be ready.
    pub ready: Ready,
    /// The key of the metadata that says so, and its manifest.
    pub ready_key: String,
    /// Services that are stopped after this one.
    pub needs: Vec<String>,
    /// Whether it has a database.
    pub database: bool,
    /// How much memory it may have, in bytes, where the backend limits it.
    pub memory: Option<u64>,
    /// How many copies of it run.
    pub replicas: u32,
    /// Objects of its package for clusters; none where the backend makes them.
    #[serde(default)]
    pub manifests: Vec<Value>,
}

impl ServiceSpec {
    /// The name of the service.
    pub fn service(&self) -> &str {
        &self.ports.service
    }
}
