//! The application that a service passes to [`run`](fn@crate::run).

use std::fmt;
use std::pin::Pin;

use axum::Router;
use tokio_util::sync::CancellationToken;

type Step = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A service's routes, what it does before it is ready, its background tasks,
/// and its steps before it ends.
pub struct App {
    pub(crate) router: Router,
    pub(crate) start: Vec<(&'static str, Start)>,
    pub(crate) on_stop: Vec<(&'static str, Step)>,
}

/// A part of the start, in the order in which parts were added.
pub(crate) enum Start {
    Step(Step),
    Task(Box<dyn FnOnce(CancellationToken) -> Step + Send>),
}

impl App {
    /// An application that is ready as soon as it listens.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self { router, start: Vec::new(), on_stop: Vec::new() }
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
        self.start.push((name, Start::Step(Box::pin(step))));
        self
    }

    /// Adds a background task. It starts after the steps before ready that were
    /// added earlier. It runs until its token is cancelled, which happens after
    /// the last request was answered, and after the tasks that were added
    /// earlier have ended; it then has 10 s. If it ends or panics before that,
    /// the service ends with an error.
    #[must_use]
    pub fn task<F>(
        mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let task = Start::Task(Box::new(move |stop| Box::pin(run(stop))));
        self.start.push((name, task));
        self
    }

    /// Adds a step that runs after the last task has ended, for instance
    /// closing the database. Steps run in the order in which they were added,
    /// each with a deadline. A step that fails is logged and makes the exit
    /// code 1; the next ones still run.
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
        let start: Vec<_> = self.start.iter().map(|(name, _)| name).collect();
        let on_stop: Vec<_> = self.on_stop.iter().map(|(name, _)| name).collect();
        f.debug_struct("App")
            .field("start", &start)
            .field("on_stop", &on_stop)
            .finish_non_exhaustive()
    }
}
