//! The record of what a run deployed, from which a kept run is taken up again.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::build::CachedExecutable;
use crate::build::image::Digests;
use crate::keeper::Launch;
use crate::run::{RunFolder, RunId, read_json, write_json};
use crate::workspace::Ready;

/// `plan.json` of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RunPlan {
    pub(crate) run_id: RunId,
    pub(crate) consumer: String,
    pub(crate) tag: String,
    /// Of the tag: 1 for a new run.
    pub(crate) generation: u32,
    pub(crate) backend: String,
    pub(crate) services: BTreeMap<String, Deployed>,
}

/// A service as it was deployed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Deployed {
    pub(crate) reference: String,
    /// The generation in which it was deployed.
    pub(crate) generation: u32,
    pub(crate) digests: Digests,
    pub(crate) stored: CachedExecutable,
    pub(crate) url: String,
    pub(crate) port: u16,
    pub(crate) ready: Ready,
    /// The variables of its metadata, as they are written there.
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) launch: Launch,
}

impl RunPlan {
    pub(crate) fn read(folder: &RunFolder) -> anyhow::Result<RunPlan> {
        read_json(&folder.plan())
    }

    pub(crate) fn write(&self, folder: &RunFolder) -> anyhow::Result<()> {
        write_json(&folder.plan(), self)
    }
}
