//! What the caller asks for, and what comes of it for the runs of a command.

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use super::machine::{Installation, client};
use super::url::ServerUrl;
use crate::backend::{BackendKind, ExternalForm};
use crate::cycle::Job;
use crate::error::{Attach as _, Kind};
use crate::workspace::{DatabaseKind, PinnedImage, Plan, ServerImage, Workspace, check_asked};

/// The caller's image of the server that engines run: it goes before that of metadata.
const IMAGE: &str = "ONETAG_POSTGRES_IMAGE";

/// What the caller asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct DatabaseChoice {
    /// What services that can use it keep their state in; none for the backend's default.
    pub(crate) kind: Option<DatabaseKind>,
    /// The server that somebody named; none if the run starts its own.
    pub(crate) url: Option<ServerUrl>,
}

/// Chooses what the services of all jobs keep their state in, and adds a server where one
/// has to be started.
///
/// # Errors
///
/// What is asked for cannot be had: no service can use it, or the backend or this machine
/// lacks it.
pub(crate) fn choose(
    workspace: &Workspace,
    jobs: &mut [Job<'_>],
    choice: &DatabaseChoice,
    backend: BackendKind,
) -> anyhow::Result<()> {
    let image = image(workspace)?;
    let (name, databases) = (backend.name(), backend.backend().databases);
    if let Some(asked) = choice.kind {
        if !databases.contains(&asked) {
            let error = anyhow!("the backend `{name}` does not offer {asked}");
            return Err(error.kind(Kind::Usage));
        }
        check_asked(asked, jobs.iter().map(|job| &job.plan))?;
    }
    let runs_images = backend.backend().externals == ExternalForm::Image;
    let lacks_image = runs_images && image.is_none() && choice.kind.is_none();
    let mut offered = databases.to_vec();
    offered.retain(|kind| *kind != DatabaseKind::Postgres || !lacks_image);
    for job in jobs {
        let plan: &mut Plan = &mut job.plan;
        plan.choose_databases(choice.kind, &offered)?;
        if !plan.uses(DatabaseKind::Postgres) {
            continue;
        }
        match (&choice.url, runs_images) {
            (Some(url), true) if url.is_loopback() => {
                let error =
                    anyhow!("a container does not find {url}: it has a loopback of its own");
                return Err(error.kind(Kind::Usage).hint(
                    "name the server as containers reach it, by an address of this machine",
                ));
            }
            (Some(_), _) => drop(client()?),
            (None, false) => {
                let program = Installation::find()?.program("postgres").into_string();
                plan.add_server(workspace, ServerImage::Program(program));
            }
            (None, true) => {
                let image = image.clone().ok_or_else(|| {
                    anyhow!("`{name}` has no image of PostgreSQL to run").kind(Kind::Metadata).hint(
                        format!(
                            "write `postgres-image = \"docker.io/library/postgres@sha256:…\"` into \
                             [workspace.metadata.onetag] of {}, or set {IMAGE}",
                            workspace.root.join("Cargo.toml")
                        ),
                    )
                })?;
                plan.add_server(workspace, ServerImage::Published(image));
            }
        }
    }
    Ok(())
}

/// The image of the server that engines run.
fn image(workspace: &Workspace) -> anyhow::Result<Option<PinnedImage>> {
    match std::env::var(IMAGE) {
        Ok(text) if !text.is_empty() => PinnedImage::of_variable(IMAGE, &text).map(Some),
        _ => Ok(workspace.postgres_image.clone()),
    }
}
