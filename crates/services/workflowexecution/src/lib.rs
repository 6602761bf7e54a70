//! Executes workflows of the catalog, step by step, one at a time on a target.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`rules`] | the phases of an execution |
//! | [`plan`] | a workflow with its parameters filled in |
//! | [`request`] | the request of a step |
//! | [`told`] | what the trail is told |

pub mod config;
pub mod plan;
pub mod request;
pub mod rules;
pub mod told;

use contract::workflowexecution::CancelExecution;
use kit::database::Migrations;
use kit::resource::Resources;
use kit::state::State;
use kit::{App, Service, outbox, resource};

use crate::request::Client;
use crate::rules::{Execution, cancel};

pub use config::Config;

static MIGRATIONS: &[Migrations] = &[outbox::MIGRATIONS, resource::MIGRATIONS];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let state = State::new(config.state, MIGRATIONS)?;
    let rules = Execution {
        catalog: state.datastorage.clone(),
        client: Client::new()?,
        limits: config.limits,
    };
    let resources = Resources::new(service, &state, rules);
    let summary = "Ends one. A step that is under way is not undone, and none follows it.";
    let cancellation = resources.decision::<CancelExecution>("cancel", summary, cancel);
    let router = kit::router(service, resources.routes().merge(cancellation));
    Ok(resources.app(router))
}
