//! The trail's single task: it writes to the database and to the spool.
//!
//! Callers hand events to the [`TrailWriter`] and wait for the answer. One
//! task, the [`TrailTask`], commits all waiting requests together as a group,
//! so that a group costs one sync of the disk. The task does not wait for a
//! group to fill: a single request is a group too. Each request of a group is
//! decided separately, in order.
//!
//! | module | what it does |
//! |---|---|
//! | `inbox` | the waiting requests, taken in groups |
//! | `task` | decides whether a group goes to the database or to the spool |
//! | `storing`, `spooling` | write a group to the database, to the spool |
//! | `replay` | moves events from the spool to the database |
//! | `metrics` | the metrics of the trail and the spool |
//!
//! # When the database is unavailable
//!
//! ```text
//!           database unavailable               database can be written
//!  ┌────────┐ ─────────────────► ┌─────────────┐ ─────────────────────► ┌──────────┐
//!  │ direct │                    │ unavailable │                        │ draining │
//!  └────────┘                    └─────────────┘ ◄───────────────────── └──────────┘
//!       ▲                                       database unavailable       │
//!       └──────────────────────── the spool is empty ──────────────────────┘
//! ```
//!
//! - **Direct**: the spool is empty, groups go to the database (201). If the
//!   database does not commit a group within [`TrailConfig::commit_timeout`],
//!   this group and all requests behind it go to the spool (202). A request
//!   therefore waits at most for this timeout, the commit before it and a sync
//!   of the spool: less than 4 s. A transaction may still be committed after
//!   the timeout; the replay then finds its events already stored.
//! - **Unavailable**: groups go to the spool at once. The task probes meanwhile
//!   whether the database can be written.
//! - **Draining**: the oldest events of the spool go to the database, and new
//!   ones go to the end of the spool, which keeps their order. At least twice
//!   as many events leave the spool as enter it, so draining ends under any
//!   load.
//!
//! Before the database was migrated, groups go to the spool too. The first mode
//! after that is draining. If the spool cannot take a request
//! either, the answer is 503 and none of its events is kept.
//!
//! # Replay
//!
//! - A replayed row equals the event that was accepted, in every field.
//!   `recorded_at` is the time at which the event was accepted. It is the same
//!   if the event is replayed twice, and rows keep the order of the
//!   acknowledgements.
//! - After a crash between the commit and the removal from the spool, events
//!   are replayed that are already stored. They are recognised by their id and
//!   not changed.
//! - The client was answered with 202 and does not learn of a later refusal. An
//!   event is refused if its parent is unknown or its id belongs to another
//!   event. It becomes a [dead letter](crate::spool), is counted
//!   and logged, and does not block the queue. The other events of its batch
//!   are stored, as after a 400, when an outbox sends them again.
//! - An event cannot be read before it is replayed: `GET` answers 404, and no
//!   query finds it.

mod inbox;
mod metrics;
mod replay;
mod spooling;
mod storing;
mod task;

use std::fmt;

use contract::datastorage::{NewEvent, StoredReceipt};
use kit::Service;
use tokio::sync::{mpsc, oneshot, watch};

use self::inbox::{Inbox, Request};
use self::metrics::Metrics;
use super::admission::Rejection;
use crate::config::TrailConfig;
use crate::spool::Spool;
use crate::store::Store;

pub use task::TrailTask;

/// How many requests the queue holds. Further callers wait for room, until
/// their own deadline.
const CAPACITY: usize = 1024;

/// Appends events to the trail. Cheap to clone; clones share one task.
#[derive(Clone, Debug)]
pub struct TrailWriter {
    requests: mpsc::Sender<Request>,
    stop: watch::Sender<bool>,
    /// Never changes; it closes when the task has ended.
    done: watch::Receiver<()>,
}

/// Where the events of a request were written: all of them to the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// In the database; one receipt per event, in the order of the request.
    Stored(Vec<StoredReceipt>),
    /// Safe on disk; a replay moves them to the database.
    Spooled,
}

/// Why events were not appended. No event of the request is kept.
#[derive(Debug)]
pub enum AppendError {
    /// They conflict with stored events or miss a parent.
    Rejected(Rejection),
    /// Neither the database nor the spool could take them; the text says why.
    Unavailable(&'static str),
    /// A bug, or a damaged database.
    Broken(anyhow::Error),
}

impl TrailWriter {
    /// A handle to the trail of a database and a spool, and its task. The task has
    /// to [run](TrailTask::run) once the database is migrated.
    pub fn new(
        service: &Service,
        store: Store,
        spool: Spool,
        config: TrailConfig,
    ) -> (Self, TrailTask) {
        let (requests, waiting) = mpsc::channel(CAPACITY);
        let (stop, stopped) = watch::channel(false);
        let (alive, done) = watch::channel(());
        let inbox = Inbox::new(waiting, stopped);
        let metrics = Metrics::register(service, &spool);
        let task =
            TrailTask::new(store, spool, config, inbox, metrics, service.readiness.clone(), alive);
        (Self { requests, stop, done }, task)
    }

    /// Appends events, all or none, in the order of the calls. An event that is
    /// already stored is not stored again and gets its old receipt.
    ///
    /// The events are appended even if the caller stops waiting.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(&self, events: Vec<NewEvent>) -> Result<AppendOutcome, AppendError> {
        let (answer, answered) = oneshot::channel();
        match self.requests.send(Request { events, answer }).await {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(self.no_task())),
            Err(_) => Err(self.no_task()),
        }
    }

    /// Accepts no more events, writes the waiting ones to the database or the
    /// spool, and returns when the task has ended. Events in the spool stay
    /// there for the next start.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        // Nothing is ever sent: the wait ends when the task is dropped.
        let _ = self.done.clone().changed().await;
    }

    fn no_task(&self) -> AppendError {
        if *self.stop.borrow() {
            return AppendError::Unavailable("datastorage is stopping");
        }
        AppendError::Broken(anyhow::anyhow!("the task of the trail is gone"))
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(Rejection { without_parent, conflicting }) => write!(
                f,
                "events cannot be stored: unknown parents at {without_parent:?}, taken ids at {conflicting:?}"
            ),
            Self::Unavailable(why) => f.write_str(why),
            Self::Broken(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for AppendError {}

#[cfg(test)]
mod tests;
