//! Finds the root causes of incidents with a model, and chooses workflows of the
//! catalog.
//!
//! A model proposes; what it says is untrusted. Its answer has to have the form of a
//! [`Proposal`](model::Proposal), and its choice is compared with the catalog before
//! it is passed on.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`analyze`] | the analysis: search, ask, validate, conclude |
//! | [`catalog`] | the workflows that fit, and whether a choice of them may be run |
//! | [`model`] | models, and what they propose |
//! | [`conclude`] | what an analysis comes to |
//! | [`routes`] | the HTTP interface |

pub mod analyze;
pub mod catalog;
pub mod conclude;
pub mod config;
pub mod model;
pub mod routes;

use std::sync::Arc;
use std::time::Duration;

use kit::database::Migrations;
use kit::state::State;
use kit::{App, Service, outbox};

use crate::analyze::Analyzer;
use crate::catalog::Catalog;

pub use config::Config;

/// When to try again if neither the catalog nor the model says.
const RETRY_AFTER: Duration = Duration::from_secs(1);

static MIGRATIONS: &[Migrations] = &[outbox::MIGRATIONS];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let model = config.model()?;
    let state = State::new(config.state, MIGRATIONS)?;
    let analyzer = Analyzer {
        catalog: Catalog::new(state.datastorage.clone(), &config.limits),
        model,
        outbox: state.outbox.clone(),
        actor: service.package.name,
        limits: config.limits,
    };
    let router = kit::router(service, routes::routes(Arc::new(analyzer)));
    Ok(state.app(service, router, |app| app))
}
