//! Building the service.

use std::sync::Arc;

use anyhow::Context as _;
use kit::work::Worker;
use kit::{App, Peer, Service};
use tokio::sync::Notify;

use crate::channel::Channels;
use crate::config::Config;
use crate::delivery::{Deliveries, Metrics};
use crate::routes::AppState;
use crate::store::Store;

/// Builds the service from its configuration. Its background tasks start once
/// the database is ready, and end with the service.
///
/// # Errors
///
/// When the configuration cannot be used.
pub async fn start(config: Config, service: Service) -> anyhow::Result<App> {
    let datastorage =
        Peer::new("datastorage", &config.datastorage_url).context("cannot use DATASTORAGE_URL")?;
    let slack = config.slack_url()?;
    let routing = config.routing(slack.is_some())?;
    let channels = Channels::open(config.output_dir, slack, config.send_timeout)?;
    let store = Store::new(config.database);
    let wake = Arc::new(Notify::new());
    let deliveries = Deliveries {
        store: store.clone(),
        channels: Arc::new(channels),
        policy: config.retry,
        metrics: Metrics::new(&service),
    };
    let worker = Worker::new(deliveries, &config.work, Arc::clone(&wake));
    let state = AppState { store: store.clone(), routing: Arc::new(routing), wake };
    let router = crate::app(&service, state);

    let Store { database, outbox } = store;
    Ok(App::new(router)
        .database(&service, &database)
        .peer(&service, &datastorage)
        .task("deliveries", |stop| worker.run(stop))
        .task("audit", |stop| outbox.run(service, datastorage, stop)))
}
