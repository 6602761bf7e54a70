//! Outages: DataStorage is stopped or killed, or its database is unavailable.
//! Each test runs alone.

mod crash;
mod outage;
mod writers;
