//! End-to-end testing of Rust workspaces with several services.
//!
//! One run mints one image tag, builds what its services need, deploys it,
//! proves that what runs is what was built, runs nextest suites against it, and
//! leaves nothing behind. ARCHITECTURE.md at the root of the repository tells
//! one run's life; the modules below stand in that order.

mod cli;
mod commands;

mod context;
pub mod workspace;

pub mod run;

pub mod build;
pub mod phase;

pub mod backend;
mod database;
mod keeper;

mod cycle;
mod gc;
mod suite;

mod error;
mod exit;
mod report;
pub mod system;

pub use cli::{main, main_with};
pub use exit::Exit;
