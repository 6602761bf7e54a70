//! The audit trail: taking events in, keeping them, answering queries.
//!
//! | module | what it does |
//! |---|---|
//! | [`routes`] | the HTTP interface |
//! | [`input`] | reads an event from a request and lists every violation |
//! | [`search`] | reads filters and page of a query |
//! | [`trail`] | the one task in front of the database, and of the spool |
//! | [`admission`] | which events of a request are new, already stored or refused |
//! | [`records`] | what the trail asks of a database |
//! | `sqlite` | the same on SQLite |

pub mod admission;
pub mod input;
pub mod records;
pub mod routes;
pub mod search;
mod sqlite;
pub mod trail;
