//! The application that a service passes to [`run`](fn@crate::run).

use std::fmt;
use std::pin::Pin;

#[cfg(feature = "database")]
use anyhow::Context as _;
use axum::Router;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "database")]
use crate::database::Database;
use crate::peer::Peer;
use crate::service::Service;

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

#[cfg(feature = "database")]
impl App {
    /// Adds a database: it is migrated before ready, watched, and closed after the
    /// last task has ended. Tasks that use it are added later.
    #[must_use]
    pub fn database(self, service: &Service, database: &Database) -> Self {
        let (migrated, watched, closed) = (database.clone(), database.clone(), database.clone());
        let (readiness, service) = (service.readiness.clone(), service.clone());
        let migrate = async move {
            migrated.migrate_when_available(&readiness).await.context(
                "cannot use the database (DATABASE_URL)\n\
                 hint: a file's folder must exist and be writable; a server must know the user and the database",
            )
        };
        let close = async move {
            closed.close().await;
            Ok(())
        };
        self.before_ready("database", migrate)
            .task("watch of the database", |_| watched.watch(service))
            .on_stop("database", close)
    }
}

impl App {
    /// Adds a service that this one calls: `/health/ready` lists it while it is
    /// unavailable.
    #[must_use]
    pub fn peer(self, service: &Service, peer: &Peer) -> Self {
        let (service, peer) = (service.clone(), peer.clone());
        let watch = async move { service.watch(peer.name(), || peer.is_live()).await };
        self.task("watch of a peer", |_| watch)
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
