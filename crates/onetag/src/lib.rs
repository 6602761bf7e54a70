//! End-to-end testing of Rust workspaces with several services.
//!
//! One run mints one image tag, builds what its services need, deploys it,
//! proves that what runs is what was built, runs nextest suites against it, and
//! leaves nothing behind. ARCHITECTURE.md at the root of the repository tells
//! one run's life; the modules below stand in that order.

mod cli;
mod commands;

mod bench;

pub mod workspace;

pub mod run;

pub mod phase;

pub mod backend;
pub mod build;
mod driver;
pub mod image;
mod keeper;
mod witness;

mod environment;
mod suite;

mod diagnostics;
mod finished;
mod ledger;
mod sweep;
mod teardown;
mod tidy;

mod context;
mod exit;
mod launch;
mod report;
pub mod signals;
mod sys;
mod tool;
mod wait;

pub use cli::main;
pub use exit::Exit;
