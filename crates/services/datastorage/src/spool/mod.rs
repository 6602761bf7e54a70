//! The spool: a durable queue on disk for events that the database cannot store
//! at the moment. It does not depend on the database or on its users.
//!
//! | module | what it does |
//! |---|---|
//! | [`queue`] | the queue: bounded, in order, one process at a time |
//! | [`entry`] | the events of one request, and the line that stores them |
//! | `segment` | one file of such lines |
//! | [`dead_letters`] | events that the database refused for good |
//!
//! # On disk
//!
//! ```text
//! <SPOOL_DIR>/
//!   lock                          held for as long as a process uses the folder
//!   00000000000000000007.spool    segments, the oldest first
//!   00000000000000000008.spool    appended to
//!   dead-letters.jsonl            for people: what could not be stored, and why
//! ```
//!
//! A segment is text, one line for one request:
//!
//! ```text
//! 6c1f0a52 2 1766000000000000 [{"version":"1.0",…},{…}]
//! │        │ │                └ the events, as they were accepted
//! │        │ └ when they were taken over: microseconds since 1970
//! │        └ how many they are
//! └ CRC-32 of all that follows, up to the end of the line
//! ```
//!
//! - **Acknowledged means synced.** Entries that are appended together are one
//!   write and one `fdatasync`. The name of a new file is synced before.
//! - **A torn write loses only events that were not acknowledged.** After a
//!   crash in an append, the last line has no line end and is cut off. The
//!   remains of a failed append are cut off before the next one.
//! - **A damaged line does not affect others.** Lines are found by their ends,
//!   so the lines behind it are read. The damaged line becomes a dead letter.
//! - **A batch is one line,** so the spool has all of it or nothing.
//! - **A file is deleted** once all of its lines are removed. After a crash the
//!   lines of one segment may be read again, so the reader has to recognise an
//!   event by its id.
//!
//! # Why not a crate
//!
//! `yaque` writes its state when it is dropped and syncs nothing before; the
//! authors of `okaywal` advise against using it in production, and its last
//! release is of 2023; `queue-file` syncs every element by itself, rewrites its
//! file in place, and offers no way past a damaged element. The spool needs
//! only a few functions around `write` and `fdatasync`.

pub mod dead_letters;
pub mod entry;
pub mod queue;
mod segment;

pub use dead_letters::{DeadLetter, DeadLetters};
pub use entry::{Entry, SpoolRecord};
pub use queue::{Limits, Spool, SpoolFull};

use std::fs::File;
use std::io;
use std::path::Path;

/// Syncs a folder, so that the names of new files survive a crash.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
