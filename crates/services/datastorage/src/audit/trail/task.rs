//! The one task that decides where groups go: to the database or to the spool.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::Readiness;
use kit::database::Database;
use tokio::sync::watch;

use super::inbox::Inbox;
use super::metrics::Metrics;
use crate::spool::Spool;
use crate::store::Store;

/// How long a group waits for the database before it goes to the spool. A
/// database that says itself that it is away is believed at once; SQLite does
/// so after waiting 2 s for a lock.
///
/// A transaction that is given up may have been committed all the same: then
/// the replay finds its events in place.
pub const COMMIT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest that a replay waits for the database; new events wait with it.
pub(super) const MAX_REPLAY_TIMEOUT: Duration = Duration::from_secs(20);

/// How often the database is asked whether it can be written again.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// The task behind a [`TrailWriter`](super::TrailWriter), the only one that appends to the
/// trail and that touches the spool.
#[derive(Debug)]
pub struct TrailTask {
    pub(super) store: Store,
    pub(super) metrics: Metrics,
    pub(super) readiness: Readiness,
    /// Reading and writing it blocks; nobody else ever holds the lock.
    pub(super) spool: Arc<Mutex<Spool>>,
    /// How long a replay waits for the database. It doubles each time that this
    /// was too short, so that a chunk gets through a slow database too.
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

/// The database is away, or not in a state to be written.
#[derive(Debug)]
pub(super) struct Unavailable;

impl TrailTask {
    pub(super) fn new(
        store: Store,
        spool: Spool,
        inbox: Inbox,
        metrics: Metrics,
        readiness: Readiness,
        alive: watch::Sender<()>,
    ) -> Self {
        let spool = Arc::new(Mutex::new(spool));
        Self {
            store,
            metrics,
            readiness,
            spool,
            replay_timeout: COMMIT_TIMEOUT,
            inbox,
            _alive: alive,
        }
    }

    /// Runs until the trail is closed and every request is answered.
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

    /// The spool is empty and groups go to the database, until it is away.
    async fn direct(&mut self) -> Mode {
        while let Some(group) = self.inbox.next().await {
            if let Err(rest) = self.store(group).await {
                self.spool(rest).await;
                return Mode::Unavailable;
            }
        }
        Mode::Closed
    }

    /// Groups go to the spool, until the database can be written.
    async fn unavailable(&mut self) -> Mode {
        let back = writable(self.store.database.clone());
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

    /// The spool goes to the database, new groups go to its end.
    async fn draining(&mut self) -> Mode {
        // How many events may come in before the next ones go out. A group is
        // taken as a whole, so this may become a debt.
        let mut credit = 0;
        loop {
            match self.replay().await {
                Ok(0) => return Mode::Direct,
                Ok(gone) => credit = credit.min(0) + gone / 2,
                Err(Unavailable) => return Mode::Unavailable,
            }
            while credit > 0 && !self.is_spool_empty() {
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

/// Returns when the database can be written.
async fn writable(database: Database) {
    loop {
        tokio::time::sleep(PROBE_INTERVAL).await;
        match database.check().await {
            Ok(()) => return,
            Err(error) => tracing::debug!("{error}"),
        }
    }
}
