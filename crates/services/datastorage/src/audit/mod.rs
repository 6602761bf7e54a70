//! The audit trail: accepts events, stores them, answers queries.
//!
//! | module | what it does |
//! |---|---|
//! | [`routes`] | the HTTP interface |
//! | [`input`] | the rules for an event that its schema cannot express |
//! | [`search`] | filters and page of a query, with times in place of distances |
//! | [`trail`] | the task that writes to the database or the spool |
//! | [`admission`] | which events of a request are new, already stored or refused |
//! | [`records`] | the operations of the trail on a database |
//! | `sql` | the statements of these operations |

pub mod admission;
pub mod input;
pub mod records;
pub mod routes;
pub mod search;
mod sql;
pub(crate) use sql::insert;
pub mod trail;
