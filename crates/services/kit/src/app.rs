//! The application that a service passes to [`run`](fn@crate::run).

use std::fmt;
use std::pin::Pin;

use axum::Router;

type Step = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A service's routes, and its steps before it is ready and before it ends.
pub struct App {
    pub(crate) router: Router,
    pub(crate) before_ready: Vec<(&'static str, Step)>,
    pub(crate) on_stop: Vec<(&'static str, Step)>,
}

impl App {
    /// An application that is ready as soon as it listens.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self { router, before_ready: Vec::new(), on_stop: Vec::new() }
    }

    /// Adds a step that must succeed before the service is ready, for instance
    /// a migration. Steps run in the order in which they were added, while the
    /// service already listens. A step that fails ends the service.
    #[must_use]
    pub fn before_ready(
        mut self,
        name: &'static str,
        step: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) -> Self {
        self.before_ready.push((name, Box::pin(step)));
        self
    }

    /// Adds a step that runs after the last request was answered, for instance
    /// flushing a buffer. Steps run in the order in which they were added, each
    /// with a deadline. A step that fails is logged and makes the exit code 1;
    /// the next ones still run.
    #[must_use]
    pub fn on_stop(
        mut self,
        name: &'static str,
        step: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) -> Self {
        self.on_stop.push((name, Box::pin(step)));
        self
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names =
            |steps: &[(&'static str, Step)]| -> Vec<_> { steps.iter().map(|s| s.0).collect() };
        f.debug_struct("App")
            .field("before_ready", &names(&self.before_ready))
            .field("on_stop", &names(&self.on_stop))
            .finish_non_exhaustive()
    }
}
