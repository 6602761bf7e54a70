//! The containers in which podman builds: one that is ended leaves them, without a label.

use std::fs;

use anyhow::Context as _;
use serde_json::json;

use super::client::Client;
use super::info::Info;
use super::remains::{lines, remove_container};
use crate::backend::ImageBuild;
use crate::run::RunId;
use crate::run::ledger::{BackendResource, Ledger};

/// What the ledger calls them.
pub(super) const BUILD: &str = "build";

/// The working containers of one build, as they stand in the ledger.
///
/// podman writes the options of a build beside each of its containers. So a secret that
/// no instruction asks for tells whose they are.
pub(super) struct WorkingContainers {
    resource: Option<(BackendResource, Ledger)>,
}

impl WorkingContainers {
    /// Those of a build that is about to start; none where the engine clears up by itself.
    pub(super) fn new(
        client: &Client,
        run_id: RunId,
        wanted: &ImageBuild,
    ) -> anyhow::Result<WorkingContainers> {
        let ledger = wanted.names.first().map(|(_, ledger)| ledger);
        let Some(ledger) = ledger.filter(|_| client.dialect.leaves_builds) else {
            return Ok(WorkingContainers { resource: None });
        };
        let mark = format!("onetag-{run_id}-{}-{}", wanted.service, uuid::Uuid::now_v7().simple());
        let resource = BackendResource::new(BUILD, &wanted.service, json!(mark));
        ledger.owns(&resource)?;
        Ok(WorkingContainers { resource: Some((resource, ledger.clone())) })
    }

    /// The option of `build` that marks them.
    pub(super) fn option(&self) -> Vec<String> {
        let mark = self.resource.iter().filter_map(|(resource, _)| resource.id.as_str());
        mark.flat_map(|mark| ["--secret".to_owned(), format!("id={mark},src=/dev/null")]).collect()
    }

    /// Removes what is left of them: the build has ended. One that succeeded leaves none.
    pub(super) fn end(&self, client: &Client, has_succeeded: bool) -> anyhow::Result<()> {
        let Some((resource, ledger)) = &self.resource else { return Ok(()) };
        if !has_succeeded {
            remove(client, resource.id.as_str().context("a mark is a text")?)?;
        }
        ledger.released(resource)
    }
}

/// Removes the working containers that have this mark.
pub(super) fn remove(client: &Client, mark: &str) -> anyhow::Result<()> {
    let Info { folder, store, .. } = &client.pinned.info;
    let Some(folder) = folder else { return Ok(()) };
    let folder = folder.join(format!("{store}-containers"));
    let list = ["ps", "--all", "--external", "--no-trunc", "--format", "{{.ID}}"];
    for container in lines(client, &list)? {
        let options = folder.join(&container).join("userdata/buildah.json");
        // Containers that run have none.
        if fs::read_to_string(&options).is_ok_and(|options| options.contains(mark)) {
            remove_container(client, &container)?;
        }
    }
    Ok(())
}
