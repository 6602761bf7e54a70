//! The keeper: one process per run on `process`, this program executed again in
//! a session of its own.
//!
//! It is the only parent of the services. It holds the run's lock and its port
//! leases, and answers on a socket in the run folder, the harness as well as the
//! suites. When the harness goes away and the run is not kept, it tears the run
//! down.

mod answer;
mod client;
mod control;
mod databases;
mod inbox;
mod outages;
mod protocol;
mod ready;
mod serve;
mod service;
mod sqlite;
mod start;
mod turns;
mod wait;
mod waits;

pub(crate) use client::{Attachment, Client};
pub(crate) use protocol::{Launch, Probe, Readiness, ServiceState, Status};
pub(crate) use ready::{probe, wait_until_ready};
pub(crate) use serve::serve;
pub(crate) use start::{KEEPER, start};
pub(crate) use turns::{TURN_TIMEOUT, Turn};
