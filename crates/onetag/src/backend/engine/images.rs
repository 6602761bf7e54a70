//! The image store of an engine: archives are loaded, unless it has the bytes already.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::{Expected, ExternalImage, ImageBuild, ImageStore, StoredImage};
use super::client::{Client, unless_raced};
use super::dialect::Dialect;
use super::names::changing;
use super::refusal::{is_absent, is_race};
use super::{IMAGE, LOAD, normalized, remains};
use crate::backend::container;
use crate::build::Compiled;
use crate::build::image::{Digest, closure};
use crate::error::Attach as _;
use crate::report::Ui;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{Hold, Reference, RunFolder};
use crate::system::signals::Interrupt;
use crate::workspace::External;

/// How often an image is loaded that another run takes away meanwhile.
const LOADS: usize = 3;

/// Where an engine keeps the images of a run.
#[derive(Debug)]
pub(super) struct EngineImages {
    pub(super) dialect: &'static Dialect,
    pub(super) folder: RunFolder,
}

/// What an engine tells of an image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImageInfo {
    /// The digest of the configuration, or with docker's containerd store of the
    /// manifest or the index.
    pub(super) id: String,
    /// podman's digest of the manifest.
    #[serde(default)]
    digest: String,
    /// Under which names and digests it was pulled.
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    config: ConfigInfo,
    /// Its names.
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
}

impl ImageInfo {
    pub(super) fn has_name(&self) -> bool {
        self.repo_tags.iter().flatten().next().is_some()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ConfigInfo {
    labels: Option<BTreeMap<String, String>>,
    user: String,
}

/// What the runtime wants to know of an image.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct EngineImage {
    /// What containers of it tell.
    pub(super) id: String,
    /// Whether others built it.
    pub(super) is_external: bool,
    /// Who runs it, where the image has no user or only root.
    #[serde(default)]
    pub(super) user: Option<String>,
    /// Whether its volume is the engine's: the server of a database belongs to a user that
    /// only the engine can remove the files of.
    pub(super) has_own_volume: bool,
}

/// The label that tells the version of what is in an image (OCI image specification,
/// annotations.md).
const VERSION: &str = "org.opencontainers.image.version";

impl ImageStore for EngineImages {
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage> {
        let client = Client::pinned(self.dialect, &self.folder)?.context("nothing was prepared")?;
        let ledger = Ledger::open(self.folder.path())?;
        let (name, digests) = (reference.to_string(), compiled.digests());
        if let Some(there) = find(&client, &name)? {
            // A kept run is taken up again, or the engine built it under this name.
            return stored(&client, &name, &there, &digests);
        }
        ledger.owns(&BackendResource::new(IMAGE, compiled.service(), json!(name)))?;
        let unfinished = unfinished(&client, &name, compiled);
        let mut is_owned = false;
        for attempt in 1..=LOADS {
            if !attach_name(&client, &name, &digests, &ledger)? {
                ledger.owns(&unfinished)?;
                is_owned = true;
                self.load_archive(&client, reference, compiled, &ledger)?;
            }
            if let Some(there) = find(&client, &name)? {
                if is_owned {
                    ledger.released(&unfinished)?;
                }
                return stored(&client, &name, &there, &digests);
            }
            // A run that ends removes its own name of the same image: an engine that saw
            // only that name removes the image with it.
            let engine = client.name();
            Ui::stderr().line(format!("{name} is not in `{engine}` after load {attempt}"));
        }
        bail!("`{}` loads {name} under another name, or not at all", client.name())
    }

    fn build(&self, wanted: &ImageBuild, interrupt: &Interrupt) -> anyhow::Result<Digest> {
        self.build_image(wanted, interrupt)
    }

    fn external(&self, service: &str, external: &External) -> anyhow::Result<ExternalImage> {
        let image = external.image.as_ref().context("it has no image")?;
        let client = self.client()?;
        let (name, digest) = (image.to_string(), image.digest());
        if find(&client, &name)?.is_none() {
            let ledger = Ledger::open(self.folder.path())?;
            client.pull(&name, &ledger).hint(format!(
                "the external service `{service}` needs it once: `{} pull {name}`",
                client.name()
            ))?;
        }
        let there = find(&client, &name)?;
        let there = there.with_context(|| format!("`{}` did not keep {name}", client.name()))?;
        let here = &client.pinned.info.architecture;
        ensure!(
            there.architecture.is_empty() || there.architecture == *here,
            "{name} is for {}, and `{}` runs programs for {here}",
            there.architecture,
            client.name()
        );
        let pulled = there.repo_digests.unwrap_or_default();
        ensure!(
            pulled.iter().any(|pulled| pulled.ends_with(&format!("@{digest}"))),
            "`{}` has {name} under other digests: {}",
            client.name(),
            pulled.join(", ")
        );
        let version = there.config.labels.and_then(|mut labels| labels.remove(VERSION));
        let details = EngineImage {
            id: there.id,
            is_external: true,
            user: None,
            has_own_volume: external.is_database,
        };
        let image = StoredImage { digest, details: serde_json::to_value(details)? };
        Ok(ExternalImage { name, version, image })
    }
}

impl EngineImages {
    /// The engine of the run.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        match Client::pinned(self.dialect, &self.folder)? {
            Some(client) => Ok(client),
            // The keeper is about to do the same.
            None => Client::pin(self.dialect, &self.folder),
        }
    }

    fn load_archive(
        &self,
        client: &Client,
        reference: &Reference,
        compiled: &Compiled,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        client.pinned.info.check(client.dialect)?;
        let path = container::archive(&self.folder, reference, compiled)?;
        let load = client.loading(&path);
        let loaded = changing(client, Hold::Together, || {
            let load = load.iter().map(String::as_str);
            unless_raced(|| client.work(load.clone(), &BTreeMap::new(), ledger))
        });
        let _ = std::fs::remove_file(&path);
        loaded.map(drop)
    }
}

/// What a load that is ended leaves all the same. podman names an image last, and says then
/// that it has succeeded (podman 4.3); docker's daemon goes on.
fn unfinished(client: &Client, name: &str, compiled: &Compiled) -> BackendResource {
    let id = match compiled.digests() {
        Expected::OneOf(digests) if !client.dialect.loads_go_on => digests.config.hex(),
        _ => name.to_owned(),
    };
    BackendResource::new(LOAD, compiled.service(), json!(id))
}

/// Gives the image with these digests the name, if it is there.
fn attach_name(
    client: &Client,
    name: &str,
    digests: &Expected,
    ledger: &Ledger,
) -> anyhow::Result<bool> {
    let digests = match digests {
        Expected::OneOf(digests) if client.dialect.ids_are_of_configs => vec![digests.config],
        Expected::OneOf(digests) => vec![digests.config, digests.manifest],
        Expected::Image { image: digest } | Expected::Pinned { pinned: digest } => vec![*digest],
    };
    for digest in digests {
        let id = digest.hex();
        match find(client, &id) {
            Ok(None) => continue,
            Ok(Some(_)) => {}
            // Somebody's load was ended in the middle: what is there cannot be used.
            Err(error) if is_race(&error) => {
                remains::remove_image(client, &id).with_context(|| format!("{error:#}"))?;
                continue;
            }
            Err(error) => return Err(error),
        }
        let tagged = changing(client, Hold::Alone, || {
            unless_raced(|| client.work(["tag", &id, name], &BTreeMap::new(), ledger))
        });
        match tagged {
            Ok(_) => return Ok(true),
            // Another run that ends took it away meanwhile.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

pub(super) fn find(client: &Client, name: &str) -> anyhow::Result<Option<ImageInfo>> {
    Ok(client.inspect::<ImageInfo>("image", &[name])?.and_then(|mut found| found.pop()))
}

/// What the store has under a name, which has to be what was built.
fn stored(
    client: &Client,
    name: &str,
    there: &ImageInfo,
    digests: &Expected,
) -> anyhow::Result<StoredImage> {
    let told = [&there.id, &there.digest].into_iter().filter(|digest| !digest.is_empty());
    let told = told.map(|digest| normalized(digest)).collect::<anyhow::Result<Vec<_>>>()?;
    let Some(digest) = told.into_iter().find(|digest| digests.contains(digest)) else {
        let (engine, id) = (client.name(), &there.id);
        return Err(anyhow!("`{engine}` has other bytes under the name {name}: {id}")
            .hint(format!("see what made it: `{engine} image inspect {name}`")));
    };
    let user = is_root(&there.config.user).then(|| closure::USER.to_owned());
    let id = there.id.clone();
    let details = EngineImage { id, is_external: false, user, has_own_volume: false };
    Ok(StoredImage { digest, details: serde_json::to_value(details)? })
}

/// Whether this user of an image's configuration, `<user>[:<group>]`, is root, who is also
/// meant where there is none.
fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("" | "0" | "root") | None)
}
