//! The client of DataStorage, for all services.
//!
//! - [`Client`] has one typed call per operation of the trail and the catalog.
//! - [`AuditWriter`] accepts events without blocking its caller and sends them
//!   in batches; events that it could not send are counted and logged.

mod client;
mod error;
mod writer;

pub use client::Client;
pub use error::{ClientError, Problem, Violation};
pub use writer::{AuditWriter, WriterConfig, WriterStats};
