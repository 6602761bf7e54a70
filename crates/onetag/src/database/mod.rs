//! PostgreSQL for runs: a server that the run starts or that somebody names, and in it a
//! database and a user for each service.
//!
//! The server of a run is an external service, see [`crate::workspace`]; here is what
//! makes and fills it.

mod access;
mod choice;
mod data;
mod fill;
mod machine;
mod names;
mod psql;
mod url;

pub(crate) use access::{Access, prepare};
pub(crate) use choice::{DatabaseChoice, choose};
pub(crate) use data::{DATA, leftovers, remove, sweep};
pub(crate) use fill::{ON_SERVER, drop_from_server, fill};
pub(crate) use machine::check;
pub(crate) use url::ServerUrl;
