//! The DataStorage service.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Parser as _;
use datastorage::{Config, Spool, State, Store, TrailWriter, app};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let Config { common, database, spool_dir, spool_max_events, trail } = Config::parse();
    kit::run(kit::package!(), common, async |service| {
        let spool = Spool::open(&spool_dir, spool_max_events)
            .await
            .with_context(|| format!("cannot use the spool {} (SPOOL_DIR)", spool_dir.display()))?;
        if spool.depth() > 0 {
            tracing::info!(events = spool.depth(), "the spool has events of a former process");
        }
        let place = database.database_url.to_string();
        let store = Store::new(database);
        let (trail, task) = TrailWriter::new(&service, store.clone(), spool, trail);
        let state = State::new(&service, store.clone(), trail.clone());
        let app = app(&service, state);
        let database = store.database.clone();
        let (seen, schema_is_good) = oneshot::channel::<()>();
        let take_events = async move |stop: CancellationToken| {
            let schema_is_good = async {
                if schema_is_good.await.is_err() {
                    // The start has failed, and the service stops.
                    std::future::pending().await
                }
            };
            let close = async {
                stop.cancelled().await;
                trail.close().await;
            };
            tokio::select! {
                () = task.run_after(schema_is_good) => {}
                () = close => {}
            }
            Ok(())
        };
        let watch = database.clone().watch(service.clone());
        let closed = database.clone();
        let migrated = async move {
            database.migrate_when_available(&service.readiness).await.map_err(|error| {
                anyhow!(
                    "cannot use {place} (DATABASE_URL): {error}\n\
                     hint: a file's folder must exist and be writable; a server must know the user and the database"
                )
            })?;
            // The task has ended if the service is stopping.
            let _ = seen.send(());
            Ok(())
        };
        // Events are taken from the first moment.
        Ok(kit::App::new(app)
            .task("trail", take_events)
            .before_ready("database", migrated)
            .task("watch of the database", |_| watch)
            .on_stop("database", async move {
                closed.close().await;
                Ok(())
            }))
    })
}
