//! Who the running process is.

use tokio::sync::watch;

use crate::config::Common;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

/// Name and version of a service's package; [`package!`](crate::package) makes it.
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
        $crate::Package {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    };
}

/// A running service: its identity and what its parts share. Clones are handles
/// to the same service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name and version.
    pub package: Package,
    /// The source revision, if the start named it.
    pub revision: Option<String>,
    /// The image, if the start named it.
    pub image: Option<String>,
    /// The run, if the start named it.
    pub run_id: Option<String>,
    /// Whether the service can do something useful.
    pub readiness: Readiness,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    stop: watch::Sender<bool>,
}

impl Service {
    /// A service that is starting. [`run`](fn@crate::run) makes it for `main`;
    /// unit tests make their own.
    #[must_use]
    pub fn new(package: Package, common: &Common) -> Self {
        Self {
            package,
            revision: common.revision.clone(),
            image: common.image.clone(),
            run_id: common.run_id.clone(),
            readiness: Readiness::default(),
            metrics: Metrics::new(),
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
            stop: watch::Sender::new(false),
        };
        service.readiness.ready();
        service
    }

    /// Returns when the service is told to stop; background tasks end then.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Tells the service to stop: `/health/ready` turns 503 and background
    /// tasks end.
    pub fn stop(&self) {
        self.readiness.stopping();
        self.stop.send_replace(true);
    }
}
