//! Returning what a kept run does not use any more: each build may bring executables
//! of its own, and names of images.

use crate::build::Build;
use crate::run::MintedRun;
use crate::run::ledger::{Entry, Ledger, Resource};
use crate::system::ProcessId;

/// What a command that ends leaves deployed.
#[derive(Clone, Copy, Debug)]
pub(super) enum InUse<'a> {
    /// What it built, and nothing else.
    Built(&'a Build),
    /// What was deployed before it.
    Before,
    /// Some of both.
    Unknown,
}

/// Writes down that what this command borrowed, and what commands did that are gone,
/// is not used any more, but for what is deployed.
pub(super) fn return_unused(ledger: &Ledger, in_use: InUse<'_>) -> anyhow::Result<()> {
    let own = ProcessId::of(std::process::id())?;
    let stays: Vec<Resource> = match in_use {
        InUse::Built(build) => build.services().flat_map(|built| built.resources()).collect(),
        InUse::Before => Vec::new(),
        InUse::Unknown => return Ok(()),
    };
    for (resource, by) in ledger.record()?.borrowed() {
        let goes = match in_use {
            _ if *by == own => !stays.contains(resource),
            // Those that are deployed have just been borrowed by this command as well.
            InUse::Built(_) => !by.is_alive(),
            InUse::Before | InUse::Unknown => false,
        };
        if goes {
            ledger.write(&Entry::Returned { resource: resource.clone(), by: by.clone() })?;
        }
    }
    Ok(())
}

/// Takes the names that engines built images under from those images: what is deployed has
/// another one.
pub(super) fn return_build_names(run: &MintedRun, build: &Build) -> anyhow::Result<()> {
    let names: Vec<_> = build.services().flat_map(|built| built.build_names()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let runtime = (run.backend().backend().runtime)(run.folder());
    let (outstanding, _) = run.ledger().record()?.of_backend();
    for resource in outstanding {
        let is_one = resource.id.as_str().is_some_and(|id| names.iter().any(|name| *name == id));
        if is_one && runtime.remove(&resource)? {
            run.ledger().released(&resource)?;
        }
    }
    Ok(())
}
