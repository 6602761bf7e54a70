//! What the two halves of a backend and the rest of the harness tell each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::image::Digest;
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
}

impl ServicePorts {
    pub(crate) fn of(service: &Service) -> ServicePorts {
        let Service { name, port, ports, volume, .. } = service;
        let (service, ports, volume) = (name.clone(), ports.clone(), volume.clone());
        ServicePorts { service, port: *port, ports, volume }
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
}

/// Both ends of a port, each as `<host>:<port>`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Endpoint {
    /// What the service binds.
    pub listen: String,
    /// Where services of the run find it.
    pub internal: String,
}

/// An image in a backend's store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredImage {
    /// One of its digests, as the store tells it.
    pub digest: Digest,
    /// What the runtime wants to know of it, in the backend's own words.
    pub details: Value,
}

/// How to start a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServiceSpec {
    /// The run that it is of.
    pub run_id: RunId,
    /// Its ports, and its name.
    pub ports: ServicePorts,
    /// The name of its image.
    pub reference: String,
    /// Its image.
    pub image: StoredImage,
    /// The arguments of its program.
    pub args: Vec<String>,
    /// Its variables.
    pub environment: BTreeMap<String, String>,
    /// The names of those that hold a value of whoever calls, which is written nowhere.
    pub secrets: BTreeSet<String>,
    /// How it is known to be ready.
    pub ready: Ready,
    /// The key of the metadata that says so, and its manifest.
    pub ready_key: String,
    /// Services that are stopped after this one.
    pub needs: Vec<String>,
    /// Whether it has a database.
    pub database: bool,
}

impl ServiceSpec {
    /// The name of the service.
    pub fn service(&self) -> &str {
        &self.ports.service
    }
}

/// A service that was started, in the backend's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The name of the service.
    pub service: String,
    /// What the backend calls it.
    pub id: Value,
}

/// One running copy of an image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Replica {
    /// Its name, such as `orders-0`.
    pub name: String,
    /// Where it runs, such as `pid 4711`.
    pub location: String,
}

/// What was seen of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Seen {
    /// Which one, and where.
    pub replica: Replica,
    /// What it runs.
    pub digest: Digest,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not all of its replicas run yet; a sentence says what is missing.
    Starting(String),
    /// All of its replicas run.
    Running(Vec<Replica>),
    /// It ended by itself; says how, as what a sentence says of it: `ended with code 3`.
    Ended(String),
}

/// What a service answered when it was asked whether it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It is ready.
    Ready,
    /// It is not, and this is what was seen.
    Pending(String),
    /// The same, and hardly will change: the question is wrong, and does not come too
    /// early.
    Refused(String),
}

/// How a service is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is asked, and killed if it takes longer than this.
    Terminate(Duration),
    /// It is killed.
    Kill,
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.location)
    }
}
