//! The keeper: one process per run on `process`, this program executed again in
//! a session of its own.
//!
//! It is the only parent of the services. It holds the run's lock and its port
//! leases, and answers on a socket in the run folder. When the harness goes away
//! and the run is not kept, it tears the run down.

mod client;
mod inbox;
mod launch;
mod protocol;
mod serve;
mod service;
mod start;

pub(crate) use client::{Attachment, Client};
pub(crate) use launch::launch;
pub(crate) use protocol::{Launch, ServiceState};
pub(crate) use serve::serve;
pub(crate) use start::start;
