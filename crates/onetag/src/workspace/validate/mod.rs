//! Everything that can be wrong with a topology, found before anything is made.

use super::topology::Workspace;

mod clusters;
mod env;
mod externals;
mod names;
mod needs;
mod packages;
mod placeholders;
mod settings;
mod test_targets;
mod variables;

pub(super) use needs::unnamed;
pub(super) use test_targets::of_no_suite;

/// # Errors
///
/// The first thing that is not allowed, in the order below: each check may rely
/// on the ones before it.
pub(super) fn validate(workspace: &Workspace) -> anyhow::Result<()> {
    names::check(workspace)?;
    variables::check(workspace)?;
    packages::check(workspace)?;
    needs::check(workspace)?;
    settings::check(workspace)?;
    externals::check(workspace)?;
    clusters::check(workspace)?;
    env::check(workspace)
}
