//! The common parts of all services of this workspace.
//!
//! | module | what it gives |
//! |---|---|
//! | [`app`], [`mod@run`] | the life cycle of a service: start, serve, drain, stop |
//! | [`service`], [`readiness`] | the identity of the process, and whether it is ready |
//! | [`mod@router`], [`operations`] | `/health/*`, `/version`, `/metrics`, `/openapi.json` around a service's own routes |
//! | [`problem`] | errors as RFC 9457 problem documents |
//! | `outbox` (a feature) | audit events, stored with the change that they tell of |
//! | `resource` (a feature) | resources whose phases a background task moves |
//! | `state` (a feature) | database, outbox and DataStorage, as every service with state has them |
//! | `work` (a feature) | claiming what is due, doing it, storing what came of it |
//! | [`peer`] | calls of other services |
//! | [`extract`], [`check`] | reading input strictly, with *all* violations listed |
//! | [`document`] | the OpenAPI document, completed with the common parts |
//! | [`config`], [`duration`] | flags and environment variables |
//! | `database` (a feature) | the database of a service that keeps state |
//! | `toml` (a feature) | TOML documents, read as strictly as requests |
//! | [`edge`], [`logging`], [`metrics`] | request ids, limits, log lines, counters |
//!
//! A `main` is about twenty lines:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use axum::Router;
//! use clap::Parser;
//! use utoipa_axum::router::OpenApiRouter;
//!
//! /// Greets.
//! #[derive(Parser)]
//! struct Config {
//!     #[command(flatten)]
//!     common: kit::Common,
//! }
//!
//! fn app(service: &kit::Service) -> Router {
//!     kit::router(service, OpenApiRouter::new())
//! }
//!
//! fn main() -> ExitCode {
//!     let config = Config::parse();
//!     kit::run(kit::package!(), config.common, async |service| {
//!         Ok(kit::App::new(app(&service)))
//!     })
//! }
//! ```

pub mod app;
pub mod check;
pub mod config;
#[cfg(feature = "database")]
pub mod database;
pub mod document;
pub mod edge;
pub mod extract;
pub mod listen;
pub mod logging;
pub mod metrics;
pub mod operations;
#[cfg(feature = "database")]
pub mod outbox;
pub mod peer;
pub mod problem;
pub mod readiness;
#[cfg(feature = "database")]
pub mod resource;
pub mod router;
pub mod run;
mod serve;
pub mod service;
mod signals;
#[cfg(feature = "database")]
pub mod state;
mod tasks;
#[cfg(feature = "toml")]
pub mod toml;
#[cfg(feature = "database")]
pub mod work;

pub use app::App;
pub use check::Violations;
pub use config::Common;
pub use contract::{duration, page};
pub use edge::RequestId;
pub use extract::{Body, Json, Path, Query};
pub use peer::{Peer, PeerError};
pub use problem::{Problem, ProblemKind, Violation};
pub use readiness::Readiness;
pub use router::router;
pub use run::run;
pub use service::{Package, Service};
