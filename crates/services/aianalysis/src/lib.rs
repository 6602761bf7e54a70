//! Finds out what is wrong, what to do, and whether somebody has to agree.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`rules`] | the phases of an analysis |
//! | [`investigate`] | the call of holmesgpt-api |
//! | [`decide`] | what follows from its answer |

pub mod config;
pub mod decide;
pub mod investigate;
pub mod rules;

use anyhow::Context as _;
use kit::database::Migrations;
use kit::resource::Resources;
use kit::state::State;
use kit::{App, Peer, Service, outbox, resource};

use crate::rules::Analyses;

pub use config::Config;

static MIGRATIONS: &[Migrations] = &[outbox::MIGRATIONS, resource::MIGRATIONS];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let holmesgpt =
        Peer::new("holmesgpt-api", &config.holmesgpt_url).context("cannot use HOLMESGPT_URL")?;
    let state = State::new(config.state, MIGRATIONS)?;
    let rules = Analyses { holmesgpt: holmesgpt.clone(), limits: config.limits };
    let resources = Resources::new(service, &state, rules);
    let router = kit::router(service, resources.routes());
    Ok(resources.app(router).peer(service, &holmesgpt))
}
