//! Work that is done in the background: claimed, renewed, finished.
//!
//! A [`Queue`] is a table with rows that are due at some time. A [`Worker`] claims
//! due rows, does their work, and stores each outcome. A claim is a lease, renewed
//! while the work is done, so several processes share one database. If a process
//! ends before an outcome is stored, any process does the work again once the
//! lease has ended: nothing is taken back at a start, since another process may
//! be at it.

mod due;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::database::StoreError;

pub use due::{Due, Table};

/// How many jobs are done at the same time.
const MAX_PARALLEL: usize = 32;

/// How often to ask for due rows at least, in case the clock was set.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// How long jobs may take after the service was asked to stop; less than the 10 s
/// that a task has.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// Flags and environment variables of background work. A service's own
/// configuration flattens them in.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkConfig {
    /// How long a claim lasts without being renewed: after a crash, the work is
    /// done again that much later.
    #[arg(long, env, default_value = "10s", value_parser = crate::config::interval)]
    pub lease: Duration,

    /// How long to wait before a database that failed is asked again.
    #[arg(long, env, default_value = "1s", value_parser = crate::config::interval)]
    pub database_retry: Duration,
}

/// Claimed rows, and how long to wait for the next one.
#[derive(Debug)]
pub struct Claim<J> {
    /// The rows whose work is to be done, the most urgent first.
    pub jobs: Vec<J>,
    /// How long until a row is due, or a claim ends; `None` if there is none.
    pub wait: Option<Duration>,
}

/// Whether claims end with their lease: then their process has died.
#[derive(Clone, Copy, Debug)]
pub enum Expiry<'a> {
    /// They do, but for those of these [owners](Queue::owner), which are held here.
    Except(&'a [Uuid]),
    /// They do not: the database was away, so that nobody could renew any.
    Suspended,
}

/// Rows that are due at some time, and their work.
pub trait Queue: Clone + Send + Sync + 'static {
    /// A claimed row.
    type Job: Debug + Send + Sync + 'static;
    /// What the work has come to.
    type Outcome: Send + Sync;

    /// Claims at most `limit` due rows. No process claims them again until
    /// [`finish`](Self::finish), or until `lease` has passed by the database's
    /// clock without [`renew`](Self::renew), and claims [expire](Expiry).
    fn claim(
        &self,
        limit: usize,
        lease: Duration,
        expiry: Expiry<'_>,
    ) -> impl Future<Output = Result<Claim<Self::Job>, StoreError>> + Send;

    /// The id of the claim of a row.
    fn owner(job: &Self::Job) -> Uuid;

    /// What log lines say of a row.
    fn span(job: &Self::Job) -> Span;

    /// Claims a row for another `lease`, if it is not lost yet.
    fn renew(
        &self,
        job: &Self::Job,
        lease: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Does the work, outside of any transaction. It ends by itself, and it may be
    /// done again after a crash.
    fn work(&self, job: &Self::Job) -> impl Future<Output = Self::Outcome> + Send;

    /// Stores what the work has come to.
    fn finish(
        &self,
        job: &Self::Job,
        outcome: &Self::Outcome,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Does the work of a queue. Clones are the same worker.
#[derive(Clone, Debug)]
pub struct Worker<Q> {
    queue: Q,
    config: WorkConfig,
    wake: Arc<Notify>,
    held: Arc<Mutex<Vec<Uuid>>>,
    suspended_until: Arc<Mutex<Instant>>,
}

/// A job that is under way; over when it is dropped, by a panic too.
struct Held {
    all: Arc<Mutex<Vec<Uuid>>>,
    owner: Uuid,
}

impl Held {
    fn new(all: &Arc<Mutex<Vec<Uuid>>>, owner: Uuid) -> Self {
        all.lock().unwrap_or_else(PoisonError::into_inner).push(owner);
        Self { all: Arc::clone(all), owner }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|owner| *owner != self.owner);
    }
}

impl<Q: Queue> Worker<Q> {
    /// A worker of this queue. `wake` is notified when there is something new.
    pub fn new(queue: Q, config: &WorkConfig, wake: Arc<Notify>) -> Self {
        let suspended_until = Arc::new(Mutex::new(Instant::now()));
        Self { queue, config: config.clone(), wake, held: Arc::default(), suspended_until }
    }

    /// Runs until it is asked to stop, then waits for running jobs for at most 8 s.
    ///
    /// # Errors
    ///
    /// None; it goes on after every failure.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut jobs = JoinSet::new();
        loop {
            let wait = self.take_up(&mut jobs).await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
                // A job has ended, so there is room for another one.
                Some(_) = jobs.join_next() => {}
            }
            // Remove all other ended jobs.
            while jobs.try_join_next().is_some() {}
        }
        let ended = async { while jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            let left = jobs.len();
            tracing::warn!(left, "jobs were cut off and are done again at the next start");
        }
        Ok(())
    }

    /// Starts jobs of due rows, as far as there is room. Returns how long to wait
    /// before the next call.
    async fn take_up(&self, jobs: &mut JoinSet<()>) -> Duration {
        let room = MAX_PARALLEL.saturating_sub(jobs.len());
        if room == 0 {
            return POLL_INTERVAL;
        }
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let suspended_until = *self.suspended_until.lock().unwrap_or_else(PoisonError::into_inner);
        let expiry = match Instant::now() < suspended_until {
            true => Expiry::Suspended,
            false => Expiry::Except(&held),
        };
        let WorkConfig { lease, database_retry } = self.config;
        let claim = match self.queue.claim(room, lease, expiry).await {
            Ok(claim) => claim,
            Err(error) => {
                tracing::warn!("cannot look for what is due: {error}");
                self.suspend_expiry();
                return database_retry;
            }
        };
        for job in claim.jobs {
            let held = Held::new(&self.held, Q::owner(&job));
            let span = Q::span(&job);
            jobs.spawn(self.clone().job(job, held).instrument(span));
        }
        // Another process may have claimed something since, and died.
        let poll = POLL_INTERVAL.min(lease);
        match claim.wait {
            // More rows are due than there is room for. The next job that ends
            // wakes the loop.
            Some(Duration::ZERO) if jobs.len() >= MAX_PARALLEL => poll,
            Some(wait) => wait.min(poll),
            None => poll,
        }
    }

    /// The database is away: until whoever lives has had a lease's time to renew its
    /// claims, or to finish, none expires.
    fn suspend_expiry(&self) {
        let until = Instant::now() + self.config.database_retry + self.config.lease;
        *self.suspended_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    async fn job(self, job: Q::Job, _held: Held) {
        let outcome = tokio::select! {
            outcome = self.queue.work(&job) => outcome,
            () = self.renew(&job) => unreachable!("renewing has no end"),
        };
        self.finish(&job, &outcome).await;
        self.wake.notify_one();
    }

    /// Keeps the claim while the work is done.
    async fn renew(&self, job: &Q::Job) {
        loop {
            tokio::time::sleep(self.config.lease / 3).await;
            if let Err(error) = self.queue.renew(job, self.config.lease).await {
                tracing::warn!("cannot renew the claim: {error}");
            }
        }
    }

    /// Stores the outcome, and tries again while the database is unavailable: the
    /// work of a lost outcome would be done twice.
    async fn finish(&self, job: &Q::Job, outcome: &Q::Outcome) {
        loop {
            match self.queue.finish(job, outcome).await {
                Ok(()) => return,
                Err(error @ StoreError::Unavailable(_)) => {
                    tracing::warn!("cannot keep the outcome yet: {error}");
                    self.suspend_expiry();
                    tokio::time::sleep(self.config.database_retry).await;
                }
                Err(error @ StoreError::Broken(_)) => {
                    tracing::error!("cannot keep the outcome: {error}");
                    return;
                }
            }
        }
    }
}
