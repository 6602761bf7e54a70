//! The keeper: one process per run, on every backend; this program executed again
//! in a session of its own.
//!
//! It holds the run's lock, starts and stops services through the backend's runtime,
//! and answers on a socket in the run folder, the harness as well as the suites.
//! When the harness goes away and the run is not kept, it tears the run down.

mod answer;
mod client;
mod control;
mod databases;
mod inbox;
mod outages;
mod protocol;
mod queries;
mod ready;
mod serve;
mod service;
mod sqlite;
mod start;
mod turns;
mod wait;
mod waits;

pub(crate) use client::{Attachment, Client};
pub(crate) use protocol::{ServiceState, StartedService, Status};
pub use ready::{ReadyWait, ask};
pub(crate) use ready::{quote_log, quote_log_of, wait_until_ready};
pub(crate) use serve::serve;
pub(crate) use start::{KEEPER, start};
pub(crate) use turns::{TURN_TIMEOUT, Turn};
