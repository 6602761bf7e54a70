//! The record of what a run deployed, from which a kept run is taken up again.

use std::collections::BTreeMap;

use anyhow::ensure;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{BackendKind, ClusterChoice, Expected};
use crate::build::image::Digest;
use crate::database::DatabaseChoice;
use crate::run::{RunFolder, RunId, read_json, write_json};
use crate::workspace::{DatabaseKind, Ports, Ready};

/// `plan.json` of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RunPlan {
    /// Of this format.
    pub(crate) version: u32,
    pub(crate) run_id: RunId,
    pub(crate) consumer: String,
    pub(crate) tag: String,
    /// Of the tag: 1 for a new run.
    pub(crate) generation: u32,
    pub(crate) backend: BackendKind,
    /// The cargo profile of the services; none for `dev`.
    pub(crate) profile: Option<String>,
    /// What the caller asked for.
    pub(crate) database: DatabaseChoice,
    /// What it uses of clusters.
    pub(crate) cluster: ClusterChoice,
    pub(crate) services: BTreeMap<String, Deployed>,
}

/// A service as it was deployed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Deployed {
    pub(crate) reference: String,
    /// The generation in which it was deployed.
    pub(crate) generation: u32,
    pub(crate) digests: Expected,
    /// What an external service says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Where it answers, if it has a port.
    pub(crate) address: Option<Address>,
    /// Where its further ports answer, by name.
    pub(crate) ports: BTreeMap<String, Address>,
    pub(crate) settings: Settings,
}

impl Deployed {
    /// Where tests reach it, if it has a port.
    pub(crate) fn url(&self) -> Option<String> {
        Some(self.address.as_ref()?.url.clone())
    }
}

/// Where a port answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Address {
    /// To tests.
    pub(crate) url: String,
    /// To services of the run.
    pub(crate) internal_url: String,
}

/// What of a service's metadata decides how it is started: with other settings it
/// has to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) ready: Ready,
    /// As they are written, with their placeholders.
    pub(crate) args: Vec<String>,
    pub(crate) variables: BTreeMap<String, String>,
    /// Salted hashes of the caller's variables that it gets, by name.
    pub(crate) host_variables: BTreeMap<String, String>,
    /// The addresses of external services that it may name, as they are written.
    pub(crate) urls: BTreeMap<String, String>,
    /// Its ports, and those of the services that it names, by name of the service.
    pub(crate) ports: BTreeMap<String, Ports>,
    /// Where it has a folder that outlives a restart, if it wants one.
    pub(crate) volume: Option<Utf8PathBuf>,
    pub(crate) config: BTreeMap<String, String>,
    /// In bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) replicas: u32,
    /// Of the objects that its package brings, where the backend is a cluster.
    pub(crate) manifests: Option<Digest>,
    /// What it keeps its state in, if it has a database.
    pub(crate) database: Option<DatabaseKind>,
}

impl RunPlan {
    /// Whether a service of the run keeps its state in a database of this kind.
    pub(crate) fn uses(&self, kind: DatabaseKind) -> bool {
        self.services.values().any(|deployed| deployed.settings.database == Some(kind))
    }

    /// The format that this version writes.
    pub(crate) const VERSION: u32 = 7;

    pub(crate) fn read(folder: &RunFolder) -> anyhow::Result<RunPlan> {
        let path = folder.plan();
        let version: PlanVersion = read_json(&path)?;
        ensure!(
            version.version == Self::VERSION,
            "{path} was written by another version of the harness: its format is {}, not {}",
            version.version,
            Self::VERSION
        );
        read_json(&path)
    }

    pub(crate) fn write(&self, folder: &RunFolder) -> anyhow::Result<()> {
        write_json(&folder.plan(), self)
    }
}

#[derive(Deserialize)]
struct PlanVersion {
    #[serde(default)]
    version: u32,
}
