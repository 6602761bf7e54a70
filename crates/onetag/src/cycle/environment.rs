//! Writing the environment file, the only thing that tests learn of a run.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::backend::{RunPlan, capabilities};
use crate::run::{RunFolder, write_file};

/// Writes `run.env` as a whole.
pub(crate) fn write(folder: &RunFolder, plan: &RunPlan) -> anyhow::Result<()> {
    let services: BTreeMap<String, onetag_env::Service> = plan
        .services
        .iter()
        .map(|(name, deployed)| {
            let service = onetag_env::Service {
                image: deployed.reference.clone(),
                digest: deployed.digests.manifest.to_string(),
                url: deployed.url.clone(),
            };
            (name.clone(), service)
        })
        .collect();
    let environment = onetag_env::Environment {
        run_id: plan.run_id.to_string(),
        tag: plan.tag.clone(),
        consumer: plan.consumer.clone(),
        backend: plan.backend.clone(),
        run_dir: folder.path().to_string(),
        services,
        capabilities: capabilities(plan).map(|it| it.to_string()).collect(),
    };
    let path = folder.environment();
    let text = environment.render().with_context(|| format!("cannot write {path}"))?;
    write_file(&path, text.as_bytes())
}

/// Removes `run.env`, so that no test is run against what is about to change.
pub(crate) fn remove(folder: &RunFolder) -> anyhow::Result<()> {
    let path = folder.environment();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {path}")),
    }
}
