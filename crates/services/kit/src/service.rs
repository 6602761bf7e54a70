//! The identity and shared state of the running process.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::Common;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

/// Name and version of a service's package; see [`package!`](crate::package).
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// The package's name, which is the service's name.
    pub name: &'static str,
    /// The package's version.
    pub version: &'static str,
}

/// The [`Package`] of the crate that calls it.
#[macro_export]
macro_rules! package {
    () => {
        $crate::Package { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    };
}

/// A running service: its identity and shared state. Clones are handles to the
/// same service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name and version.
    pub package: Package,
    /// The source revision, if it was configured.
    pub revision: Option<String>,
    /// The image, if it was configured.
    pub image: Option<String>,
    /// The run, if it was configured.
    pub run_id: Option<String>,
    /// The readiness of the service.
    pub readiness: Readiness,
    /// The metrics of the service.
    pub metrics: Metrics,
    watch_interval: Duration,
    stop: watch::Sender<bool>,
}

impl Service {
    /// A service that is starting. [`run`](fn@crate::run) creates it for
    /// `main`.
    #[must_use]
    pub fn new(package: Package, common: &Common) -> Self {
        Self {
            package,
            revision: common.revision.clone(),
            image: common.image.clone(),
            run_id: common.run_id.clone(),
            readiness: Readiness::default(),
            metrics: Metrics::new(),
            watch_interval: common.watch_interval,
            stop: watch::Sender::new(false),
        }
    }

    /// A service that is ready, for unit tests of its routes.
    #[must_use]
    pub fn for_tests(package: Package) -> Self {
        let service = Self {
            package,
            revision: None,
            image: None,
            run_id: None,
            readiness: Readiness::default(),
            metrics: Metrics::new(),
            watch_interval: Duration::from_secs(2),
            stop: watch::Sender::new(false),
        };
        service.readiness.ready();
        service
    }

    /// Returns when the service is asked to stop; background tasks end then.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Checks a part every `WATCH_INTERVAL` until the service stops, and marks
    /// it as degraded while `is_there` returns false.
    ///
    /// # Errors
    /// None; it is a background task of [`App::task`](crate::App::task).
    pub async fn watch<F>(&self, part: &str, is_there: impl Fn() -> F) -> anyhow::Result<()>
    where
        F: Future<Output = bool>,
    {
        let watch = async {
            let mut tick = tokio::time::interval(self.watch_interval);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                self.readiness.set_degraded(part, !is_there().await);
            }
        };
        tokio::select! {
            // A stop does not wait for a look at what is unavailable.
            () = self.stopped() => {}
            () = watch => {}
        }
        Ok(())
    }

    /// Stops the service: `/health/ready` answers 503 and background tasks end.
    pub fn stop(&self) {
        self.readiness.stopping();
        self.stop.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_watched_part_is_degraded_while_it_is_unavailable() {
        static THERE: AtomicBool = AtomicBool::new(false);
        let service = Service::for_tests(crate::package!());
        let every = service.watch_interval;
        let watched = service.clone();
        let watch = tokio::spawn(async move {
            watched.watch("peer", || async { THERE.load(Ordering::SeqCst) }).await
        });

        tokio::time::sleep(every / 2).await;
        assert_eq!(service.readiness.degraded(), ["peer"]);
        THERE.store(true, Ordering::SeqCst);
        tokio::time::sleep(every).await;
        assert!(service.readiness.degraded().is_empty());

        service.stop();
        watch.await.expect("no panic").expect("the watch ends with the service");
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_ends_with_the_service_also_while_it_looks() {
        let service = Service::for_tests(crate::package!());
        let watch = service.watch("peer", std::future::pending);
        let stop = async {
            tokio::time::sleep(service.watch_interval * 3).await;
            service.stop();
        };
        let ended = tokio::time::timeout(service.watch_interval * 4, watch);
        let (ended, ()) = tokio::join!(ended, stop);
        ended.expect("in time").expect("ended");
    }
}
