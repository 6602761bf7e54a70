//! Phase 1 of services with a containerfile: their engine builds the image.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::Compiled;
use crate::backend::{BackendKind, ImageBuild};
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::MintedRun;
use crate::system::tool::Output;
use crate::workspace::{Plan, Service, suggest};

/// A run that wants images, and what it deploys.
pub(crate) struct WantedBy<'a> {
    pub(crate) minted: &'a MintedRun,
    pub(crate) plan: &'a Plan,
    /// Whether it has images already.
    pub(crate) is_kept: bool,
}

/// Builds the images of services with a containerfile, each of them once for all runs.
///
/// # Errors
///
/// Of [`Kind::Build`] if an engine cannot build one.
pub(super) fn build_images(
    context: &Context,
    runs: &[WantedBy<'_>],
) -> anyhow::Result<Vec<Compiled>> {
    let mut wanted: BTreeMap<&str, (&MintedRun, ImageBuild)> = BTreeMap::new();
    for run in runs {
        for service in run.plan.services().map(|planned| &planned.service) {
            let Some(containerfile) = service.containerfile() else { continue };
            let name = (build_name(run, service), run.minted.ledger().clone());
            let new = || ImageBuild {
                service: service.name.clone(),
                file: containerfile.file.clone(),
                context: containerfile.context.clone(),
                names: Vec::new(),
                is_shown: context.ui.tool_output() == Output::Inherit,
            };
            let (_, build) = wanted.entry(&service.name).or_insert_with(|| (run.minted, new()));
            build.names.push(name);
        }
    }
    let build = |(minted, wanted): (&MintedRun, ImageBuild)| {
        let images = (minted.backend().backend().images)(minted.folder());
        let digest = images.build(&wanted, &context.interrupt)?;
        let names = wanted.names.into_iter().map(|(name, _)| name).collect();
        Ok(Compiled::image_of(&wanted.service, digest, names))
    };
    wanted.into_values().map(build).collect()
}

/// The name under which an image is built: that which it has in its run. In a kept run
/// nobody knows yet whether it is another one than the run has, so there it gets a name of
/// its own, and loses it when the command ends.
fn build_name(run: &WantedBy<'_>, service: &Service) -> String {
    let reference = run.minted.reference(service);
    match run.is_kept {
        false => reference.to_string(),
        true => format!("{reference}.build-{}", uuid::Uuid::now_v7().simple()),
    }
}

/// Makes sure that the backend can build the images of a plan, before anything is made.
///
/// # Errors
///
/// Of [`Kind::Metadata`] if this backend builds none, or a file is not there.
pub(crate) fn check_containerfiles(plan: &Plan, kind: BackendKind) -> anyhow::Result<()> {
    for service in plan.services().map(|planned| &planned.service) {
        let Some(containerfile) = service.containerfile() else { continue };
        let key = service.key("containerfile");
        if !kind.backend().builds_images {
            let backend = kind.name();
            let error = anyhow!("{key}: the backend `{backend}` cannot build images");
            let engines = BackendKind::all().filter(|kind| kind.backend().builds_images);
            let engines: Vec<String> =
                engines.map(|kind| format!("`--on {}`", kind.name())).collect();
            return Err(error.kind(Kind::Metadata).hint(engines.join(" or ")));
        }
        if !containerfile.file.is_file() {
            let folder = containerfile.file.parent().unwrap_or(&containerfile.context);
            let there = folder.read_dir_utf8().into_iter().flatten().flatten();
            let there: Vec<_> = there.map(|entry| entry.file_name().to_owned()).collect();
            let name = containerfile.file.file_name().unwrap_or_default();
            let error = anyhow!("{key}: there is no file `{}`", containerfile.path);
            let error = error.kind(Kind::Metadata);
            return Err(match suggest::closest(name, there.iter().map(String::as_str)) {
                Some(likely) => error.hint(format!("did you mean `{likely}`?")),
                None => error.hint(format!("it would be {}", containerfile.file)),
            });
        }
    }
    Ok(())
}
