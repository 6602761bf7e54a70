//! Building the service.

use std::sync::Arc;

use kit::state::State;
use kit::work::Worker;
use kit::{App, Service};
use tokio::sync::Notify;

use crate::channel::Channels;
use crate::config::Config;
use crate::delivery::{Deliveries, Metrics};
use crate::routes::AppState;
use crate::store::{MIGRATIONS, Store};

/// Builds the service from its configuration. Its background tasks start once
/// the database is ready, and end with the service.
///
/// # Errors
///
/// When the configuration cannot be used.
pub async fn start(config: Config, service: Service) -> anyhow::Result<App> {
    let state = State::new(config.state.clone(), MIGRATIONS)?;
    let slack = config.slack_url()?;
    let routing = config.routing(slack.is_some())?;
    let channels = Channels::open(config.output_dir, slack, config.send_timeout)?;
    let store = Store::new(&state);
    let wake = Arc::new(Notify::new());
    let deliveries = Deliveries {
        store: store.clone(),
        channels: Arc::new(channels),
        policy: config.retry,
        metrics: Metrics::new(&service),
    };
    let worker = Worker::new(deliveries, &state.work, Arc::clone(&wake));
    let router = crate::app(&service, AppState { store, routing: Arc::new(routing), wake });
    Ok(state.app(&service, router, |app| app.task("deliveries", |stop| worker.run(stop))))
}
