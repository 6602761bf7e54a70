//! `bench`: what the harness costs, against the same done by hand.
//!
//! By hand means: `cargo build`, start the programs, wait until they are ready,
//! `cargo nextest run` with plain variables, stop the programs. Both ways build
//! and test a copy of the workspace, since lines of it are changed, and take
//! turns, so that whatever else the machine does falls on both.

mod by_hand;
mod copy;
mod edit;
mod figures;
mod harness;
mod services;
mod session;

pub(crate) use figures::{document, table};
pub(crate) use session::{Asked, measure};

/// How long one way took, and where that time went.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lap {
    pub(crate) seconds: f64,
    /// Its steps in order, in seconds.
    pub(crate) steps: Vec<(String, f64)>,
}
