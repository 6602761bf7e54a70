//! The task that writes each group to the database or to the spool.

use std::time::Duration;

use kit::Readiness;
use kit::database::Database;
use tokio::sync::watch;

use super::inbox::Inbox;
use super::metrics::Metrics;
use crate::config::TrailConfig;
use crate::spool::Spool;
use crate::store::Store;

/// The longest time that a replay waits for the database; new events wait
/// meanwhile.
pub(super) const MAX_REPLAY_TIMEOUT: Duration = Duration::from_secs(20);

/// The task behind a [`TrailWriter`](super::TrailWriter), the only one that appends to the
/// trail and that touches the spool.
#[derive(Debug)]
pub struct TrailTask {
    pub(super) store: Store,
    pub(super) metrics: Metrics,
    pub(super) readiness: Readiness,
    pub(super) spool: Spool,
    pub(super) config: TrailConfig,
    /// How long a replay waits for the database. It doubles after each timeout,
    /// so that a slow database can store a chunk too.
    pub(super) replay_timeout: Duration,
    inbox: Inbox,
    /// Dropped with the task, which tells the [`TrailWriter`](super::TrailWriter) that it has ended.
    _alive: watch::Sender<()>,
}

/// Where the next group goes; see [the module](super).
#[derive(Clone, Copy, Debug)]
enum Mode {
    Direct,
    Unavailable,
    Draining,
    Closed,
}

/// The database cannot be written at the moment.
#[derive(Debug)]
pub(super) struct Unavailable;

impl TrailTask {
    pub(super) fn new(
        store: Store,
        spool: Spool,
        config: TrailConfig,
        inbox: Inbox,
        metrics: Metrics,
        readiness: Readiness,
        alive: watch::Sender<()>,
    ) -> Self {
        Self {
            store,
            metrics,
            readiness,
            spool,
            config,
            replay_timeout: config.commit_timeout,
            inbox,
            _alive: alive,
        }
    }

    /// Runs until the trail is closed and every request is answered. Until
    /// `migrated` returns, groups go to the spool.
    pub async fn run_after(mut self, migrated: impl Future<Output = ()>) {
        match self.spool_until(migrated).await {
            Mode::Closed => {}
            _ => self.run().await,
        }
    }

    /// Runs on a migrated database until the trail is closed and every request
    /// is answered.
    pub async fn run(mut self) {
        let mut mode = Mode::Draining;
        loop {
            mode = match mode {
                Mode::Direct => self.direct().await,
                Mode::Unavailable => self.unavailable().await,
                Mode::Draining => self.draining().await,
                Mode::Closed => return,
            };
        }
    }

    /// Writes groups to the database until it is unavailable. The spool is
    /// empty.
    async fn direct(&mut self) -> Mode {
        while let Some(group) = self.inbox.next().await {
            if let Err(rest) = self.store(group).await {
                self.spool(rest).await;
                return Mode::Unavailable;
            }
        }
        Mode::Closed
    }

    /// Writes groups to the spool until the database can be written.
    async fn unavailable(&mut self) -> Mode {
        self.spool_until(writable(self.store.database.clone(), self.config.probe_interval)).await
    }

    /// Writes groups to the spool until the database is back.
    async fn spool_until(&mut self, back: impl Future<Output = ()>) -> Mode {
        tokio::pin!(back);
        loop {
            tokio::select! {
                () = &mut back => return Mode::Draining,
                group = self.inbox.next() => match group {
                    Some(group) => self.spool(group).await,
                    None => return Mode::Closed,
                },
            }
        }
    }

    /// Moves the spool to the database, and appends new groups to the spool.
    async fn draining(&mut self) -> Mode {
        // How many events may enter the spool before the next ones leave it.
        // Groups are not split, so the number may become negative.
        let mut credit = 0;
        loop {
            match self.replay().await {
                Ok(0) => return Mode::Direct,
                Ok(gone) => credit = credit.min(0) + gone / 2,
                Err(Unavailable) => return Mode::Unavailable,
            }
            while credit > 0 && self.spool.depth() > 0 {
                let Some(group) = self.inbox.now() else {
                    return Mode::Closed;
                };
                if group.is_empty() {
                    break;
                }
                credit -= group.iter().map(|request| request.events.len() as i64).sum::<i64>();
                self.spool(group).await;
            }
        }
    }
}

/// Asks at this interval, and returns when the database can be written.
async fn writable(database: Database, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        match database.check().await {
            Ok(()) => return,
            Err(error) => tracing::debug!("{error}"),
        }
    }
}
