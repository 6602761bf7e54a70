//! The spool: a durable queue on disk for events that the database cannot store
//! at the moment. It does not depend on the database or on its users.
//!
//! | module | what it does |
//! |---|---|
//! | [`queue`] | the queue: bounded, in order |
//! | `folder` | the folder: one process at a time |
//!
//! # On disk
//!
//! ```text
//! <SPOOL_DIR>/
//!   lock        held for as long as a process uses the folder
//!   spool.db    a SQLite database: events that wait, and dead letters
//! ```
//!
//! - **Acknowledged means synced.** Requests that are appended together are one
//!   transaction, synced when it is committed (`synchronous = FULL`). The spool
//!   has all events of a request or none.
//! - **Events leave the spool** after they were stored. After a crash in between
//!   they are read again, so the reader has to recognise an event by its id.
//! - **Dead letters** are events that the database refused for good. They are
//!   kept for operators, who can read them at any time:
//!   `sqlite3 spool.db 'SELECT * FROM dead_letters'`.

mod folder;
pub mod queue;

pub use queue::{DeadLetter, Spool, SpoolFull, SpooledEvent};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
