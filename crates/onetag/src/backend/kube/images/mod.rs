//! How images get into a cluster: `registry` pushes them, `containerd` has nodes import them.

mod containerd;
mod registry;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::cluster::{Cluster, Delivery};
use super::resource::{IMAGE, KubeResource};
use crate::backend::{ExternalImage, ImageStore, StoredImage, container};
use crate::build::Compiled;
use crate::run::ledger::Ledger;
use crate::run::{Reference, RunFolder};
use crate::workspace::External;

pub(super) use containerd::Containerd;

/// Where a cluster gets the images of a run from.
#[derive(Debug)]
pub(super) struct KubeImages {
    pub(super) folder: RunFolder,
}

/// What the runtime wants to know of an image.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct KubeImage {
    /// What nodes call it.
    pub(super) name: String,
    /// Whether others built it.
    pub(super) is_external: bool,
}

impl ImageStore for KubeImages {
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage> {
        let cluster = Cluster::of(&self.folder)?.context("no cluster was named")?;
        let ledger = Ledger::open(self.folder.path())?;
        let service = compiled.service();
        let name = reference.to_string();
        let image = KubeResource::new(&cluster, &name).of(IMAGE, service)?;
        let (outstanding, _) = ledger.record()?.of_backend();
        if !outstanding.contains(&image) {
            ledger.owns(&image)?;
        }
        let digest = match &cluster.delivery {
            Delivery::Registry(_) => {
                let archive = container::archive(&self.folder, reference, compiled)?;
                let pushed =
                    registry::push(&archive, &name, &self.folder.image_id(service), &ledger);
                let _ = std::fs::remove_file(&archive);
                pushed?
            }
            delivery => {
                let mut digest = None;
                for node in Containerd::all(delivery)? {
                    let archive = || container::archive(&self.folder, reference, compiled);
                    digest = Some(node.load(&name, &compiled.digests(), &ledger, archive)?);
                }
                digest.context("the cluster has no node that could have images")?
            }
        };
        let details = serde_json::to_value(KubeImage { name, is_external: false })?;
        Ok(StoredImage { digest, details })
    }

    /// Nodes fetch it by its digest when they need it.
    fn external(&self, _: &str, external: &External) -> anyhow::Result<ExternalImage> {
        let image = external.image.as_ref().context("it has no image")?;
        let details = KubeImage { name: image.to_string(), is_external: true };
        let details = serde_json::to_value(details)?;
        let stored = StoredImage { digest: image.digest(), details };
        Ok(ExternalImage { name: image.to_string(), version: None, image: stored })
    }
}
