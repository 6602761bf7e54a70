//! The `process` backend: services are children of the run's keeper, and their
//! ports are leases of 127.0.0.1 that the keeper holds.

mod child;
mod doctor;
mod images;
mod pump;
mod remains;
mod runtime;
mod session;

use std::time::Duration;

use self::images::ProcessImages;
use self::runtime::ProcessRuntime;
use super::{Backend, ExternalForm};
use crate::database;
use crate::workspace::DatabaseKind;
pub(super) use remains::{leftovers, remove};

/// The backend on which services are plain processes.
pub(super) const BACKEND: Backend = Backend {
    name: "process",
    variables: &[
        "PATH",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "RUST_LOG",
        "RUST_BACKTRACE",
        "LLVM_PROFILE_FILE",
    ],
    step_limit: Duration::from_secs(60),
    // Services drain their requests for up to ten seconds, and flush what they still
    // hold after that.
    grace: Duration::from_secs(25),
    externals: ExternalForm::Program,
    builds_images: false,
    cluster: None,
    databases: &[DatabaseKind::Sqlite, DatabaseKind::Postgres],
    images: |folder| Box::new(ProcessImages::new(folder)),
    runtime: |folder| Box::new(ProcessRuntime::new(folder)),
    // Processes end with their run, and what outlives it is reported and left alone.
    sweep: database::sweep,
    doctor: doctor::doctor,
};

/// What the ledger calls a service.
pub(super) const PROCESS: &str = "process";
