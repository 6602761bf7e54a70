//! Building the service.

use std::sync::Arc;

use anyhow::Context as _;
use datastorage_client::{AuditWriter, Client, WriterConfig};
use kit::{App, Service};
use tokio::sync::Notify;

use crate::channel::Channels;
use crate::config::Config;
use crate::delivery::{Audit, Dispatcher, Metrics};
use crate::routes::AppState;
use crate::store::Store;

/// The name under which `/health/ready` lists DataStorage when it is
/// unavailable.
const DATASTORAGE: &str = "datastorage";

/// Builds the service from its configuration. Its background tasks start once
/// the database is ready, and end with the service.
///
/// # Errors
///
/// When the configuration cannot be used.
pub async fn start(config: Config, service: Service) -> anyhow::Result<App> {
    let client = Client::new(&config.datastorage_url)
        .context("cannot use DATASTORAGE_URL\nhint: it has the form http://host:port")?;
    let slack = config.slack_url()?;
    let routing = config.routing(slack.is_some())?;
    let channels = Channels::open(config.output_dir, slack, config.send_timeout)?;
    let store = Store::new(config.database);
    let writer = AuditWriter::start(client.clone(), WriterConfig::default());
    let audit = Audit::new(store.clone(), writer);
    let wake = Arc::new(Notify::new());
    let dispatcher = Dispatcher {
        store: store.clone(),
        channels: Arc::new(channels),
        policy: config.retry,
        lease: config.lease,
        audit: audit.clone(),
        metrics: Metrics::new(&service),
        wake: Arc::clone(&wake),
    };

    let state = AppState { store: store.clone(), routing: Arc::new(routing), wake };
    let router = crate::app(&service, state);
    let (begin, begun) = tokio::sync::oneshot::channel();
    let prepare = {
        let (store, audit, service) = (store.clone(), audit.clone(), service.clone());
        async move {
            store.database.migrate_when_available(&service.readiness).await.context(
                "cannot use the database (DATABASE_URL)\n\
                 hint: a file's folder must exist and be writable; a server must know the user and the database",
            )?;
            audit.catch_up().await?;
            tokio::spawn(audit.confirm_deliveries(service.clone()));
            tokio::spawn(store.database.watch(service.clone()));
            let watched = service.clone();
            tokio::spawn(async move {
                let is_live = || async { client.is_live().await };
                watched.watch(DATASTORAGE, is_live).await;
            });
            // The receiver is gone only if the service is already stopping.
            let _ = begin.send(tokio::spawn(dispatcher.run(service)));
            Ok(())
        }
    };
    Ok(App::new(router)
        .before_ready("database", prepare)
        .on_stop("deliveries", async move {
            match begun.await {
                Ok(dispatcher) => dispatcher.await.context("the dispatcher panicked"),
                // The dispatcher never started.
                Err(_) => Ok(()),
            }
        })
        .on_stop("audit", async move {
            audit.close().await;
            Ok(())
        })
        .on_stop("database", async move {
            store.database.close().await;
            Ok(())
        }))
}
