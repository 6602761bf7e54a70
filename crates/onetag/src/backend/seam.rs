//! What a backend is: an image store in the command, a runtime in the keeper.
//!
//! Everything else exists once: order, deadlines, readiness, ledger, lock, control,
//! the witness's verdict, diagnostics, teardown. Whoever calls one of these functions
//! bounds it, so none of them needs a deadline of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use onetag_control::Capability;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::Compiled;
use crate::build::image::Digest;
use crate::report::Leftover;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{Reference, RunFolder, RunId};
use crate::workspace::{Ready, Service};

/// A backend: its name, and how its two halves are made for a run.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// What `--on`, ledger and `plan.json` call it.
    pub name: &'static str,
    /// The variables of whoever calls that services get.
    pub variables: &'static [&'static str],
    /// How long one of its steps may take, such as starting the services of a level.
    pub step_limit: Duration,
    /// How long a service may take to stop before it is killed.
    pub grace: Duration,
    /// Where it keeps images.
    pub images: fn(&RunFolder) -> Box<dyn ImageStore>,
    /// What runs them.
    pub runtime: fn(&RunFolder) -> Box<dyn Runtime>,
}

/// Where a backend keeps images; in the command.
pub trait ImageStore: Send + Sync {
    /// Makes sure that what was built is there under this name.
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage>;
}

/// What runs images; in the keeper, on several threads. [`Runtime::remove`] and
/// [`Runtime::leftovers`] are called in commands as well, on a runtime that has
/// prepared and started nothing.
///
/// Whatever it makes it writes to the ledger first.
pub trait Runtime: Send + Sync {
    /// Makes what services need before they start: ports, a network, a namespace.
    ///
    /// With what was prepared `before`, by this keeper or by one that is gone, it
    /// opens that again and adds what is new. What services an earlier keeper left it
    /// removes: they are started anew.
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared>;

    /// Where a service that was prepared listens, and where others find it.
    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses>;

    /// Starts services that do not need each other; they are not ready yet. On an
    /// error none of them runs, or what does stands in the ledger.
    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>>;

    /// Where tests reach a port, of the service itself or a further one; the same for
    /// the whole run.
    fn reach(&self, instance: &Instance, port: Option<&str>) -> anyhow::Result<SocketAddr>;

    /// Asks once whether a service is ready, for this long at most.
    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe>;

    /// What to type or to change where a service does not get ready.
    fn advise(&self, _instance: &Instance) -> Vec<String> {
        Vec::new()
    }

    /// The state of a service, with all its replicas.
    fn state(&self, instance: &Instance) -> anyhow::Result<State>;

    /// Ends a service, and returns once it has ended. One that has ended already is
    /// no error.
    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()>;

    /// Halts a service, or lets it go on; returns once nothing of it moves any more.
    fn pause(&self, instance: &Instance, on: bool) -> anyhow::Result<()>;

    /// What every replica really runs.
    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>>;

    /// Brings the log of a service up to date, where it is not written there anyway.
    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()>;

    /// Copies a file out of the volume of a service, whether that runs or not; `from` is
    /// relative to the volume.
    fn copy_out(&self, service: &str, from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()>;

    /// What suites can ask for.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// Removes what stands in the ledger, and says whether it is gone: what nothing
    /// proves to be the run's is left alone.
    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool>;

    /// Looks for the run in every place where the backend could have left something,
    /// whatever the ledger says; that tells what is `outstanding` and what is `gone`.
    fn leftovers(
        &self,
        outstanding: &[BackendResource],
        gone: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>>;
}

/// The ports of a service, as its metadata says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ServicePorts {
    /// The name of the service.
    pub service: String,
    /// Its port inside its own network, if it has one.
    pub port: Option<u16>,
    /// Its further ports, by name.
    pub ports: BTreeMap<String, u16>,
}

impl ServicePorts {
    pub(crate) fn of(service: &Service) -> ServicePorts {
        let Service { name, port, ports, .. } = service;
        ServicePorts { service: name.clone(), port: *port, ports: ports.clone() }
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
    /// How it is known to be ready.
    pub ready: Ready,
    /// The key of the metadata that says so, and its manifest.
    pub ready_key: String,
    /// Services that are stopped after this one.
    pub needs: Vec<String>,
    /// Whether it has a volume.
    pub volume: bool,
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
