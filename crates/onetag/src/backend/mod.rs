//! Where images run.
//!
//! `seam` says what a backend is, in the words of `types`, and `kind` which there
//! are. The others serve all of them.

mod addresses;
mod check;
mod cluster;
mod container;
mod early;
mod engine;
mod keeper;
mod kind;
mod kube;
mod leases;
mod log;
mod manifests;
mod pinned;
mod plan;
mod process;
mod replicas;
mod run;
mod seam;
mod spec;
mod types;
mod wiring;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use crate::error::with_hint;
pub use crate::keeper::{ReadyWait, ask};
pub use crate::report::Leftover;
pub use crate::run::RunFolder;
pub use crate::run::ledger::{BackendResource, Ledger};
pub use addresses::Addresses;
pub use check::{Check, CheckState};
pub(crate) use cluster::{ClusterChoice, ImageRoute};
pub(crate) use early::{EarlyLoads, LoadSteps};
pub(crate) use engine::run_options;
pub(crate) use keeper::KeeperHandle;
pub use kind::BackendKind;
pub(crate) use kind::register;
pub(crate) use kube::{Cluster, Preview};
pub(crate) use manifests::read_manifests;
pub use onetag_control::Capability;
pub use pinned::Pinned;
pub(crate) use pinned::{check_externals, source_of};
pub use plan::Deployed;
pub(crate) use plan::{Address, RunPlan, Settings};
pub(crate) use replicas::check_replicas;
pub use run::RunBackend;
pub(crate) use run::{Abandoned, waiting_for};
pub use seam::{Backend, ClusterForm, ExternalForm, ImageStore, Runtime};
pub use types::{
    Endpoint, Expected, ExternalImage, ImageBuild, Instance, Prepared, Probe, Replica, Seen,
    ServiceAddresses, ServicePorts, ServiceSpec, State, Stop, StoredImage, Sweep, SweptObject,
    Verdict,
};
pub(crate) use wiring::{
    OwnValues, Wired, args_on, check_host_variables, host_variables, needs, of_every_service,
    passed_on, resolve, secrets, settings,
};

/// The only address at which tests reach the services of a run on this machine.
pub(crate) const LOCALHOST: &str = "127.0.0.1";

/// Locks, whatever happened to a thread that held the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
