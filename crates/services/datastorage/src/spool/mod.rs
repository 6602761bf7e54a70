//! The spool: a durable queue on disk for events that the database cannot take
//! at the moment. It knows nothing of the database, nor of who fills and drains
//! it.
//!
//! | module | what it does |
//! |---|---|
//! | [`queue`] | the queue: bounded, in order, one process at a time |
//! | [`entry`] | what one client handed over, and the line that keeps it |
//! | `segment` | one file of such lines |
//! | [`dead_letters`] | what the database refused for good |
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
//! - **Acknowledged means synced.** All that is appended together is one write
//!   and one `fdatasync`; a new file's name is synced before.
//! - **A torn write loses only what nobody was promised.** What a crash leaves
//!   of the last append has no end of line and is cut off; what a failed append
//!   leaves is cut off before the next one.
//! - **A damaged line costs itself.** Lines are found by their ends, so those
//!   behind it are read, and it ends up among the dead letters.
//! - **A batch is one line,** so it is there as a whole or not at all.
//! - **Removing is deleting a file** once all of its lines are done. After a
//!   crash the lines of one segment may come again, so whoever drains the queue
//!   has to know an event by its id.
//!
//! # Why not a crate
//!
//! `yaque` writes its state when it is dropped and syncs nothing before; the
//! authors of `okaywal` advise against using it in production, and its last
//! release is of 2023; `queue-file` syncs every element by itself, rewrites its
//! file in place, and offers no way past a damaged element.
//! What is needed of them is a few functions around `write` and `fdatasync`.

pub mod dead_letters;
pub mod entry;
pub mod queue;
mod segment;

pub use dead_letters::{DeadLetter, DeadLetters};
pub use entry::{Entry, SpoolRecord};
pub use queue::{Full, Limits, Spool};

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in a folder as durable as what they name.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
