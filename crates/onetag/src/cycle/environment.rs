//! Writing the environment file, the only thing that tests learn of a run.

use anyhow::Context as _;
use onetag_env::Address;

use crate::backend::{self, Deployed, RunPlan};
use crate::run::{RunFolder, remove as remove_file, write_file};

/// Writes `run.env` as a whole.
pub(crate) fn write<'a>(
    folder: &RunFolder,
    plan: &RunPlan,
    capabilities: impl Iterator<Item = &'a String>,
) -> anyhow::Result<()> {
    let address = |at: &backend::Address| Address {
        url: at.url.clone(),
        internal_url: at.internal_url.clone(),
    };
    let service = |(name, deployed): (&String, &Deployed)| {
        let service = onetag_env::Service {
            image: deployed.reference.clone(),
            digest: deployed.digests.manifest.to_string(),
            address: deployed.address.as_ref().map(address),
            ports: deployed.ports.iter().map(|(port, at)| (port.clone(), address(at))).collect(),
        };
        (name.clone(), service)
    };
    let environment = onetag_env::Environment {
        run_id: plan.run_id.to_string(),
        tag: plan.tag.clone(),
        consumer: plan.consumer.clone(),
        backend: plan.backend.name().to_owned(),
        run_dir: folder.path().to_string(),
        services: plan.services.iter().map(service).collect(),
        capabilities: capabilities.cloned().collect(),
    };
    let path = folder.environment();
    let text = environment.render().with_context(|| format!("cannot write {path}"))?;
    write_file(&path, text.as_bytes())
}

/// Removes `run.env`, so that no test is run against what is about to change.
pub(crate) fn remove(folder: &RunFolder) -> anyhow::Result<()> {
    remove_file(&folder.environment())
}
