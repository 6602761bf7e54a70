//! Where images run.
//!
//! Each backend has the same few functions: prepare, load, deploy, witness, and
//! the way to what runs. `process` is the first of them.

mod plan;
mod process;
mod ready;
mod wiring;

pub use plan::Deployed;
pub(crate) use plan::RunPlan;
pub use process::Process;
pub(crate) use process::{Keeper, lease};
pub use wiring::Addresses;
pub(crate) use wiring::variables;

/// The backend on which services are plain processes.
pub(crate) const PROCESS: &str = "process";

/// What a run on `process` can do to its services when a suite asks for it.
///
/// Nothing yet: suites get control with its own part of the keeper.
pub(crate) const CAPABILITIES: [&str; 0] = [];
