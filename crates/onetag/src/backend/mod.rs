//! Where images run.
//!
//! Each backend has the same few functions: prepare, load, deploy, witness, and
//! the way to what runs. `process` is the first of them.

mod plan;
mod process;
mod wiring;

use onetag_control::Capability;

pub use plan::Deployed;
pub(crate) use plan::RunPlan;
pub use process::Process;
pub(crate) use process::{Keeper, lease};
pub use wiring::Addresses;
pub(crate) use wiring::{Own, variables, wired};

/// The backend on which services are plain processes.
pub(crate) const PROCESS: &str = "process";

/// What a run on `process` can do to its services when a suite asks for it.
pub(crate) fn capabilities(plan: &RunPlan) -> impl Iterator<Item = Capability> {
    let has_store = plan.services.values().any(|service| service.launch.database.is_some());
    Capability::ALL.into_iter().filter(move |it| *it != Capability::DatabaseOutage || has_store)
}
