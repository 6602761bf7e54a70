//! The one writer in front of the database, and of the spool.
//!
//! Whoever has events hands them to the [`TrailWriter`] and waits for the answer. One
//! task, the [`TrailTask`], takes what waits and commits it together: one sync of
//! the disk for all of it, and not one for each. Nobody waits for company: a
//! lone request is a group of its own. In a group each request is decided by
//! itself, as if it came after the one before it.
//!
//! | module | what it does |
//! |---|---|
//! | `inbox` | the requests that wait, taken in groups |
//! | [`task`] | the one task that decides where groups go |
//! | `storing`, `spooling` | a group goes to the database, to the spool |
//! | `replay` | from the spool into the database |
//! | `metrics` | what `/metrics` shows of it |
//!
//! # When the database is away
//!
//! ```text
//!             the database is away            the database can be written
//!  ┌────────┐ ───────────────────► ┌──────┐ ─────────────────────────────► ┌──────────┐
//!  │ direct │                      │ away │                                │ draining │
//!  └────────┘                      └──────┘ ◄───────────────────────────── └──────────┘
//!       ▲                                       the database is away again        │
//!       └─────────────────────────── the spool is empty ──────────────────────────┘
//! ```
//!
//! - **Direct**: the spool is empty, groups go to the database (201). The group
//!   that finds it away has waited for it, for [`task::COMMIT_TIMEOUT`] at most;
//!   then this group and all that queued up behind it go to the spool (202).
//!   So nobody waits longer than that, the commit of a group before it, and a
//!   sync of the spool: less than 4 s.
//! - **Unavailable**: groups go to the spool at once. Beside that the database is asked
//!   from time to time whether it can be written.
//! - **Draining**: the oldest events of the spool go to the database, new ones
//!   to the end of the spool, so that none overtakes. At least twice as many go
//!   out as come in, so that it ends however many clients there are.
//!
//! The first mode after a start is draining. What the spool does not take either
//! is answered with 503, and nothing of it is kept.
//!
//! # What a replay does
//!
//! - A replayed row equals the event that was accepted, in every field.
//!   `recorded_at` is the time at which the event was taken over: replayed
//!   twice it is the same, and rows have the order in which clients were
//!   answered.
//! - A crash between the commit and the removal from the spool replays events
//!   that are there already. They are known by their id and stay as they are.
//! - The client that was answered with 202 cannot be told any more what the
//!   database says. So an event that it refuses, because its parent is unknown
//!   or its id belongs to another event, becomes a
//!   [dead letter](crate::spool::dead_letters), and the other events of its
//!   batch are stored: the audit writer of our clients would do the same after
//!   a 400. It is counted and logged, and does not block the queue.
//! - Until it is replayed an event cannot be read: `GET` answers 404, and no
//!   query finds it. What can be read is what the database has.

mod inbox;
mod metrics;
mod replay;
mod spooling;
mod storing;
pub mod task;

use std::fmt;

use datastorage_client::{NewEvent, StoredReceipt};
use kit::Service;
use tokio::sync::{mpsc, oneshot, watch};

use self::inbox::{Inbox, Request};
use self::metrics::Metrics;
use super::admission::Rejection;
use crate::spool::Spool;
use crate::store::Store;

pub use task::TrailTask;

/// How many requests wait in memory; more wait in front of it, which their
/// deadlines bound.
const CAPACITY: usize = 1024;

/// Takes events over. Cheap to clone; clones share one task.
#[derive(Clone, Debug)]
pub struct TrailWriter {
    requests: mpsc::Sender<Request>,
    stop: watch::Sender<bool>,
    /// Never changes; it closes when the task has ended.
    done: watch::Receiver<()>,
}

/// Where events are that were taken over; all of a request are in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// In the database; one receipt per event, in the order of the request.
    Stored(Vec<StoredReceipt>),
    /// Safe on disk; a replay moves them to the database.
    Spooled,
}

/// Why events were not taken over. Nothing of the request is kept.
#[derive(Debug)]
pub enum AppendError {
    /// They cannot be stored beside what is there.
    Rejected(Rejection),
    /// Neither the database nor the spool took them; says why.
    Unavailable(&'static str),
    /// A mistake of ours, or a damaged database.
    Broken(anyhow::Error),
}

impl TrailWriter {
    /// A handle to the trail of a database and a spool, and its task. The task has
    /// to [run](TrailTask::run) once the database is migrated.
    pub fn new(service: &Service, store: Store, spool: Spool) -> (Self, TrailTask) {
        let (requests, waiting) = mpsc::channel(CAPACITY);
        let (stop, stopped) = watch::channel(false);
        let (alive, done) = watch::channel(());
        let inbox = Inbox::new(waiting, stopped);
        let metrics = Metrics::register(service, &spool);
        let task = TrailTask::new(store, spool, inbox, metrics, service.readiness.clone(), alive);
        (Self { requests, stop, done }, task)
    }

    /// Takes events over, all or none, in the order of the calls. An event that
    /// is stored already is not stored again and gets its old receipt.
    ///
    /// The events are taken over also if the caller no longer waits.
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

    /// Takes no more events, puts those that wait into the database or the
    /// spool, and returns when the task has ended. What is in the spool stays
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
