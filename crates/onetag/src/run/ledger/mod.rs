//! The write-ahead journal of a run: what it makes is written here first, and
//! teardown reads nothing else.

mod entry;
mod journal;

pub(crate) use entry::{Entry, Resource, Role, VERSION};
pub(crate) use journal::{Ledger, Record};
