//! The DataStorage service.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use datastorage::{Config, State, Store, app};

/// How long to wait for another process that migrates the same database.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common, async |service| {
        let store = Store::new(config.database_url);
        let state = State::new(&service, store.clone());
        let migrated = {
            let (store, state, service) = (store.clone(), state.clone(), service.clone());
            async move {
                store.migrate(MIGRATION_PATIENCE).await.context(
                    "cannot migrate the database (DATABASE_URL)\n\
                     hint: its folder must exist and be writable",
                )?;
                tokio::spawn(state.watch_database(service));
                Ok(())
            }
        };
        Ok(kit::App::new(app(&service, state))
            .before_ready("database", migrated)
            .on_stop("database", async move {
                store.close().await;
                Ok(())
            }))
    })
}
