//! The harness's record of the running replicas.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// `witness.json` in the run folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Witness {
    pub(crate) run_id: String,
    pub(crate) replicas: Vec<Replica>,
}

/// One running replica of a service.
#[derive(Debug, Deserialize)]
pub(crate) struct Replica {
    pub(crate) service: String,
    pub(crate) replica: String,
    pub(crate) reference: String,
    /// The digests of the built image by kind: config, manifest, executable.
    pub(crate) expected: BTreeMap<String, String>,
    /// The digest that the witness has seen.
    pub(crate) seen: String,
}

impl Witness {
    pub(crate) fn read(run_dir: &Path) -> Result<Self> {
        let path = run_dir.join("witness.json");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
    }
}
