//! Returning what a kept run does not use any more: each build may bring executables
//! of its own.

use crate::build::Build;
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
