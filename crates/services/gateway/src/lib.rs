//! Makes remediation requests of alerts and events from outside.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`routes`] | the HTTP interface |
//! | [`timestamp`] | `X-Timestamp` |
//! | [`signal`] | signals of alerts and events |
//! | [`submit`] | their requests, and what the trail is told |

pub mod config;
pub mod routes;
pub mod signal;
pub mod submit;
pub mod timestamp;

use anyhow::Context as _;
use kit::database::Migrations;
use kit::state::State;
use kit::{App, Peer, Service, outbox};

use crate::submit::Gateway;

pub use config::Config;

static MIGRATIONS: &[Migrations] = &[outbox::MIGRATIONS];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let state = State::new(config.state, MIGRATIONS)?;
    let orchestrator = Peer::new("remediationorchestrator", &config.orchestrator_url)
        .context("cannot use ORCHESTRATOR_URL")?;
    let gateway = Gateway::new(service, &state, orchestrator.clone(), config.limits);
    let router = kit::router(service, routes::routes(gateway));
    Ok(state.app(service, router, |app| app.peer(service, &orchestrator)))
}
