//! What the two halves of a backend and the rest of the harness tell each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::image::{Digest, Digests};
use crate::run::RunId;
use crate::run::ledger::Ledger;
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

/// An image that a backend builds itself.
#[derive(Clone, Debug)]
pub struct ImageBuild {
    /// The service that it is for.
    pub service: String,
    /// The instructions.
    pub file: Utf8PathBuf,
    /// The folder of which they may copy files.
    pub context: Utf8PathBuf,
    /// The names that it gets, each with the ledger of its run.
    pub names: Vec<(String, Ledger)>,
    /// Whether what the builder says is shown meanwhile.
    pub is_shown: bool,
}

/// An image in a backend's store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredImage {
    /// One of its digests, as the store tells it.
    pub digest: Digest,
    /// What the runtime wants to know of it, in the backend's own words.
    pub details: Value,
}

/// What an external service runs, as the backend has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalImage {
    /// What the backend calls it: the pinned name of an image, the path of a program.
    pub name: String,
    /// What it says of itself when it is asked for its version, if it does.
    pub version: Option<String>,
    /// It, for the runtime. Of a published image, the digest is the one that pins it.
    pub image: StoredImage,
}

/// The digests of which one has to be the digest of what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Expected {
    /// Those of an image that was built.
    OneOf(Digests),
    /// Of an image that an engine built: the one that it has there.
    Image {
        /// Of the configuration, the manifest or an index, as the engine tells it.
        image: Digest,
    },
    /// Of an external service: the one that it had when it was deployed.
    Pinned {
        /// Of the image or the program.
        pinned: Digest,
    },
}

impl Expected {
    /// The one that people are shown.
    pub(crate) fn shown(&self) -> Digest {
        match self {
            Expected::OneOf(digests) => digests.manifest,
            Expected::Image { image: digest } | Expected::Pinned { pinned: digest } => *digest,
        }
    }

    /// Whether this is one of them.
    pub fn contains(&self, digest: &Digest) -> bool {
        match self {
            Expected::OneOf(digests) => digests.contains(digest),
            Expected::Image { image: expected } | Expected::Pinned { pinned: expected } => {
                expected == digest
            }
        }
    }
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
    /// The path of the program that runs, where it is not the one that was started.
    #[serde(default)]
    pub program: Option<String>,
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

/// What `gc` asks a backend for.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The harness's folder in the target folder, absolute: what is labelled with it is
    /// swept.
    pub folder: Utf8PathBuf,
    /// The runs that there are: what is theirs stays.
    pub runs: BTreeSet<RunId>,
    /// Only tell what would be done.
    pub dry_run: bool,
    /// Clusters that runs share go as well, where no run uses them.
    pub clusters: bool,
}

/// Something that a backend found which belongs to none of the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptObject {
    /// What it is, such as `container`.
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// How many bytes it has, as far as that is known.
    pub bytes: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// What becomes of something that a backend found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is gone; in a dry run it would be.
    Removed,
    /// It is left alone, and why: it is of another target folder, for example.
    Left(String),
    /// It could not be removed, and why.
    Failed(String),
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.location)
    }
}
