//! Which test binaries a nextest filterset can select.
//!
//! Nextest is the judge of what runs. This module answers an earlier question,
//! before anything is built: which test binaries can hold a selected test at
//! all? Only those have to be built, and if there are none, there is nothing to
//! build. The answer has three values, because predicates such as `test()` can
//! only be decided with the built binary in hand.
//!
//! The grammar is that of `cargo nextest help filtersets`, checked against
//! nextest 0.9.143.

mod set;

mod cursor;
mod expression;
mod matcher;
mod parse;

#[cfg(test)]
mod against_nextest;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

pub use cursor::FiltersetError;
pub use set::{Filterset, Selection};
