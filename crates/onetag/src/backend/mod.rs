//! Where images run.
//!
//! Each backend has the same few functions: prepare, load, start, witness, and
//! the way to what runs. `process` is the first of them.

mod addresses;
mod keeper;
mod kind;
mod plan;
mod process;
mod wiring;

use onetag_control::Capability;

pub use addresses::Addresses;
pub(crate) use keeper::KeeperHandle;
pub(crate) use kind::register;
pub use kind::{Backend, BackendKind};
pub use plan::Deployed;
pub(crate) use plan::{RunPlan, Settings};
pub use process::Process;
pub(crate) use process::{Replica, Seen};
pub(crate) use wiring::{OwnValues, check_host_variables, resolve, settings, wants_database};

/// What a run on `process` can do to its services when a suite asks for it.
pub(crate) fn capabilities(has_database: bool) -> impl Iterator<Item = Capability> {
    Capability::ALL
        .into_iter()
        .filter(move |capability| *capability != Capability::DatabaseOutage || has_database)
}
