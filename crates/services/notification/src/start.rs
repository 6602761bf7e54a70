//! Building the service.

use std::sync::Arc;

use anyhow::Context as _;
use kit::{App, Peer, Service};
use tokio::sync::Notify;

use crate::channel::Channels;
use crate::config::Config;
use crate::delivery::{Dispatcher, Metrics};
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
    let datastorage =
        Peer::new(DATASTORAGE, &config.datastorage_url).context("cannot use DATASTORAGE_URL")?;
    let slack = config.slack_url()?;
    let routing = config.routing(slack.is_some())?;
    let channels = Channels::open(config.output_dir, slack, config.send_timeout)?;
    let store = Store::new(config.database);
    let wake = Arc::new(Notify::new());
    let dispatcher = Dispatcher {
        store: store.clone(),
        channels: Arc::new(channels),
        policy: config.retry,
        lease: config.lease,
        metrics: Metrics::new(&service),
        wake: Arc::clone(&wake),
        held: Arc::default(),
    };
    let state = AppState { store: store.clone(), routing: Arc::new(routing), wake };
    let router = crate::app(&service, state);

    let Store { database, outbox } = store;
    let prepare = {
        let (database, service) = (database.clone(), service.clone());
        async move {
            database.migrate_when_available(&service.readiness).await.context(
                "cannot use the database (DATABASE_URL)\n\
                 hint: a file's folder must exist and be writable; a server must know the user and the database",
            )
        }
    };
    let watch_datastorage = {
        let (service, datastorage) = (service.clone(), datastorage.clone());
        async move { service.watch(DATASTORAGE, || datastorage.is_live()).await }
    };
    let watch_database = database.clone().watch(service.clone());
    Ok(App::new(router)
        .before_ready("database", prepare)
        .task("watch of the database", |_| watch_database)
        .task("watch of datastorage", |_| watch_datastorage)
        .task("deliveries", |stop| dispatcher.run(stop))
        .task("audit", |stop| outbox.run(service, datastorage, stop))
        .on_stop("database", async move {
            database.close().await;
            Ok(())
        }))
}
