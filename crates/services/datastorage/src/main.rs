//! The DataStorage service.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use clap::Parser as _;
use datastorage::{Config, State, Store, app};

/// How long to wait for another process that migrates the same database.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let Config { common, database_url } = Config::parse();
    kit::run(kit::package!(), common, async |service| {
        let place = database_url.to_string();
        let store = Store::new(database_url);
        let state = State::new(&service, store.clone());
        let app = app(&service, state.clone());
        let database = store.database.clone();
        let migrated = async move {
            database.migrate(MIGRATION_PATIENCE).await.map_err(|error| {
                anyhow!(
                    "cannot use {place} (DATABASE_URL): {error}\n\
                     hint: its folder must exist and be writable, and no other process may keep it locked"
                )
            })?;
            tokio::spawn(database.watch(service));
            Ok(())
        };
        let closed = async move {
            store.database.close().await;
            Ok(())
        };
        Ok(kit::App::new(app)
            .before_ready("database", migrated)
            .on_stop("own audit events", state.close())
            .on_stop("database", closed))
    })
}
