//! The backends `podman` and `docker`: services are containers of an image that was
//! loaded from its archive, on a network of the run.
//!
//! `dialect` holds what differs between the two. Ports are leased by the keeper, as on
//! `process`, and published on 127.0.0.1: so they are known before anything starts, and
//! stay the same whatever restarts.

mod build;
mod client;
mod container;
mod dialect;
mod doctor;
mod images;
mod info;
mod logs;
mod names;
mod network;
mod ready;
mod refusal;
mod remains;
mod runtime;
mod start;
mod stop;
mod sweep;
mod working;

use std::time::Duration;

use crate::backend::{Backend, BackendKind, ExternalForm};
use crate::build::image::Digest;
use crate::run::RunId;
use crate::workspace::DatabaseKind;
use dialect::Dialect;
use images::EngineImages;
use runtime::EngineRuntime;

/// The backend on which services are containers of podman's.
pub(super) const PODMAN: Backend = Backend {
    name: "podman",
    images: |folder| images(&dialect::PODMAN, folder),
    runtime: |folder| runtime(&dialect::PODMAN, folder),
    sweep: |wanted| sweep::sweep(&dialect::PODMAN, wanted),
    doctor: || doctor::doctor(&dialect::PODMAN),
    variables: &["LANG", "LC_ALL", "RUST_BACKTRACE", "RUST_LOG", "TZ"],
    step_limit: Duration::from_secs(120),
    // As on `process`.
    grace: Duration::from_secs(25),
    externals: ExternalForm::Image,
    builds_images: true,
    cluster: None,
    databases: &[DatabaseKind::Postgres, DatabaseKind::Sqlite],
};

/// The backend on which services are containers of docker's.
pub(super) const DOCKER: Backend = Backend {
    name: "docker",
    images: |folder| images(&dialect::DOCKER, folder),
    runtime: |folder| runtime(&dialect::DOCKER, folder),
    sweep: |wanted| sweep::sweep(&dialect::DOCKER, wanted),
    doctor: || doctor::doctor(&dialect::DOCKER),
    ..PODMAN
};

/// What `run` needs on this machine whatever it runs, also by hand; none of a backend that
/// is no engine.
///
/// # Errors
///
/// When the engine is not there, does not answer, or cannot run what cargo builds here.
pub(crate) fn run_options(kind: BackendKind) -> anyhow::Result<Option<Vec<String>>> {
    let dialect = match kind {
        BackendKind::Podman => &dialect::PODMAN,
        BackendKind::Docker => &dialect::DOCKER,
        _ => return Ok(None),
    };
    client::Client::probe(dialect)?.pinned.info.check(dialect)?;
    let own = dialect.run.iter().map(|option| (*option).to_owned());
    Ok(Some(own.chain(container::limit_options()).collect()))
}

/// What the ledger calls things.
const CONTAINER: &str = "container";
const IMAGE: &str = "image";
/// What is loaded, until it has its name.
const LOAD: &str = "load";
const NETWORK: &str = "network";
const VOLUME: &str = "volume";

/// The labels of all that can carry one.
const LABEL_RUN: &str = "onetag.run";
const LABEL_TARGET: &str = "onetag.target";
const LABEL_SERVICE: &str = "onetag.service";

fn images(
    dialect: &'static Dialect,
    folder: &crate::run::RunFolder,
) -> Box<dyn crate::backend::ImageStore> {
    Box::new(EngineImages { dialect, folder: folder.clone() })
}

fn runtime(
    dialect: &'static Dialect,
    folder: &crate::run::RunFolder,
) -> Box<dyn crate::backend::Runtime> {
    Box::new(EngineRuntime::new(dialect, folder))
}

fn network_name(run_id: RunId) -> String {
    format!("onetag-{run_id}")
}

fn container_name(run_id: RunId, service: &str) -> String {
    format!("onetag-{run_id}-{service}")
}

/// A digest, which podman tells without its algorithm.
fn normalized(digest: &str) -> anyhow::Result<Digest> {
    match digest.contains(':') {
        true => digest.parse(),
        false => format!("sha256:{digest}").parse(),
    }
}
