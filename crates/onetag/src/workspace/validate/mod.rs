//! Everything that can be wrong with a topology, found before anything is made.

use super::error::Problem;
use super::topology::Workspace;

mod env;
mod names;
mod needs;
mod placeholders;
mod settings;

/// # Errors
///
/// [`Problem::Metadata`] for the first thing that is not allowed, in the order
/// below: each check may rely on the ones before it.
pub(super) fn validate(workspace: &Workspace) -> Result<(), Problem> {
    names::check(workspace)?;
    needs::check(workspace)?;
    settings::check(workspace)?;
    env::check(workspace)
}
