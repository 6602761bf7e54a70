//! Writing the environment file, the only thing that tests learn of a run.

use std::collections::BTreeMap;

use anyhow::Context as _;
use onetag_env::Address;

use crate::backend::{self, Expected, ExternalForm, RunPlan};
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
    let (mut services, mut externals) = (BTreeMap::new(), BTreeMap::new());
    for (name, deployed) in &plan.services {
        let (name, image) = (name.clone(), deployed.reference.clone());
        let own = deployed.address.as_ref().map(address);
        match deployed.digests {
            Expected::OneOf(_) | Expected::Image { .. } => {
                let ports = deployed.ports.iter().map(|(port, at)| (port.clone(), address(at)));
                let (digest, ports) = (deployed.digests.shown().to_string(), ports.collect());
                services.insert(name, onetag_env::Service { image, digest, address: own, ports });
            }
            Expected::Pinned { pinned } => {
                let is_image = plan.backend.backend().externals == ExternalForm::Image;
                let image = is_image.then(|| (image, pinned.to_string()));
                externals.insert(name, onetag_env::External { image, address: own });
            }
        }
    }
    let environment = onetag_env::Environment {
        run_id: plan.run_id.to_string(),
        tag: plan.tag.clone(),
        consumer: plan.consumer.clone(),
        backend: plan.backend.name().to_owned(),
        run_dir: folder.path().to_string(),
        databases: plan
            .services
            .values()
            .filter_map(|deployed| Some(deployed.settings.database?.to_string()))
            .collect(),
        services,
        externals,
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
