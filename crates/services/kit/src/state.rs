//! What every service with state has: a database, and an outbox that tells the
//! trail.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;

use crate::app::App;
use crate::database::{Database, DatabaseConfig, Migrations};
use crate::outbox::Outbox;
use crate::peer::Peer;
use crate::service::Service;
use crate::work::WorkConfig;

/// Flags and environment variables of a service with state. A service's own
/// configuration flattens them in.
#[derive(Clone, Debug, clap::Args)]
pub struct StateConfig {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// How work is claimed.
    #[command(flatten)]
    pub work: WorkConfig,

    /// The URL of DataStorage, as `http://host:port`; audit events go there.
    #[arg(long, env, hide_env_values = true)]
    pub datastorage_url: String,

    /// How long an audit event waits for others, with which it is sent.
    #[arg(long, env, default_value = "200ms", value_parser = crate::config::interval)]
    pub audit_batch_wait: Duration,
}

/// The state of a service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    /// The database.
    pub database: Database,
    /// The audit events, stored with the changes that they tell of.
    pub outbox: Outbox,
    /// Where they go.
    pub datastorage: Peer,
    /// How work is claimed.
    pub work: WorkConfig,
}

impl State {
    /// The state of this configuration. Nothing is opened yet. The migrations
    /// include those of the outbox.
    ///
    /// # Errors
    ///
    /// When the address of DataStorage cannot be used.
    pub fn new(config: StateConfig, migrations: &'static [Migrations]) -> anyhow::Result<Self> {
        let datastorage = Peer::new("datastorage", &config.datastorage_url)
            .context("cannot use DATASTORAGE_URL")?;
        let database = Database::new(config.database, migrations);
        let outbox = Outbox::new(database.clone(), config.audit_batch_wait);
        Ok(Self { database, outbox, datastorage, work: config.work })
    }

    /// The application with these routes. `tasks` adds what works on the database:
    /// it starts once the database is migrated, and ends before the outbox sends
    /// what is left.
    pub fn app(&self, service: &Service, router: Router, tasks: impl FnOnce(App) -> App) -> App {
        let app = App::new(router).database(service, &self.database);
        let app = tasks(app.peer(service, &self.datastorage));
        let (outbox, datastorage) = (self.outbox.clone(), self.datastorage.clone());
        let service = service.clone();
        app.task("audit", |stop| outbox.run(service, datastorage, stop))
    }
}

#[cfg(test)]
mod tests;
