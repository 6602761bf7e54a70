//! The statements of the catalog.

mod read;
mod row;
mod write;

#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;

pub(super) use read::{list, select, workflow};
pub(super) use write::{create, set_status};
