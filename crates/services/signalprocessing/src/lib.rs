//! Enriches signals from an inventory and decides how urgent they are.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`rules`] | the phases of a signal |
//! | [`inventory`] | what is known of the things that signals are about |
//! | [`enrich`] | what is found about a signal's target |
//! | [`classify`] | environment, severity and priority |
//! | [`policy`] | the table of priorities, and its file |

pub mod classify;
pub mod config;
pub mod enrich;
pub mod inventory;
pub mod policy;
pub mod rules;

use kit::database::Migrations;
use kit::resource::Resources;
use kit::state::State;
use kit::{App, Service, outbox, resource, scripts};

use crate::inventory::Inventory;
use crate::policy::Policy;
use crate::rules::Processing;

pub use config::Config;

static MIGRATIONS: &[Migrations] = &[
    outbox::MIGRATIONS,
    resource::MIGRATIONS,
    Migrations {
        table: "_sqlx_migrations",
        sqlite: scripts!("../migrations/sqlite", "0001_inventory"),
        postgres: scripts!("../migrations/postgres", "0001_inventory"),
    },
];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let policy = Policy::open(config.policy_file, service)?;
    let state = State::new(config.state, MIGRATIONS)?;
    let inventory = Inventory::new(state.database.clone());
    let rules = Processing { inventory: inventory.clone(), policy: policy.clone() };
    let resources = Resources::new(service, &state, rules);
    let router = kit::router(service, resources.routes().merge(inventory.routes()));
    let watch = policy.watch(service.clone());
    Ok(resources.app(router).task("watch of the policy", |_| watch))
}
