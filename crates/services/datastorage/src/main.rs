//! The DataStorage service.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Parser as _;
use datastorage::{Config, Spool, State, Store, TrailWriter, app, spool};
use tokio::sync::oneshot;

fn main() -> ExitCode {
    let Config { common, database, spool_dir, spool_max_events } = Config::parse();
    kit::run(kit::package!(), common, async |service| {
        let spool = Spool::open(&spool_dir, spool::Limits::events(spool_max_events))
            .with_context(|| format!("cannot use the spool {} (SPOOL_DIR)", spool_dir.display()))?;
        if spool.depth() > 0 {
            tracing::info!(events = spool.depth(), "the spool has events of a former process");
        }
        let place = database.database_url.to_string();
        let store = Store::new(database);
        let (trail, task) = TrailWriter::new(&service, store.clone(), spool);
        let state = State::new(&service, store.clone(), trail.clone());
        let app = app(&service, state);
        let database = store.database.clone();
        let (seen, schema_is_good) = oneshot::channel::<()>();
        tokio::spawn(task.run_after(async {
            if schema_is_good.await.is_err() {
                // The start has failed, and the service stops.
                std::future::pending().await
            }
        }));
        let migrated = async move {
            database.migrate_when_available(&service.readiness).await.map_err(|error| {
                anyhow!(
                    "cannot use {place} (DATABASE_URL): {error}\n\
                     hint: a file's folder must exist and be writable; a server must know the user and the database"
                )
            })?;
            // The task has ended if the service is stopping.
            let _ = seen.send(());
            tokio::spawn(database.watch(service));
            Ok(())
        };
        let flushed = async move {
            trail.close().await;
            Ok(())
        };
        let closed = async move {
            store.database.close().await;
            Ok(())
        };
        Ok(kit::App::new(app)
            .before_ready("database", migrated)
            .on_stop("trail", flushed)
            .on_stop("database", closed))
    })
}
