//! The write-ahead journal of a run: what it makes is written here first, and
//! teardown reads nothing else.

mod entry;
mod journal;
mod record;

pub use entry::BackendResource;
pub(crate) use entry::{Entry, Resource, Role, VERSION};
pub use journal::Ledger;
pub(crate) use record::Record;
