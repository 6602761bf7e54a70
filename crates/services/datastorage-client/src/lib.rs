//! The client of DataStorage, for all services.
//!
//! - [`NewEvent`] is an audit event as it is sent, [`Event`] as it is stored.
//!   DataStorage itself uses the same types, so client and server cannot
//!   disagree.
//! - [`NewWorkflow`] is a workflow as it is sent, [`Workflow`] as the catalog
//!   stores it; [`WorkflowSearch`] finds those that fit a signal.
//! - [`Client`] has one typed call per operation of the trail and the catalog.
//! - [`AuditWriter`] accepts events without blocking its caller and sends them
//!   in batches; events that it could not send are counted and logged.
//!
//! ```no_run
//! # async fn example() -> Result<(), datastorage_client::ClientError> {
//! use std::time::Duration;
//!
//! use datastorage_client::{
//!     AuditWriter, Category, Client, Essentials, NewEvent, Outcome, WriterConfig,
//! };
//!
//! let client = Client::new("http://127.0.0.1:8080")?;
//! let audit = AuditWriter::start(client, WriterConfig::default());
//! audit.record(
//!     NewEvent::new(Essentials {
//!         event_type: "notification.message.sent",
//!         category: Category::Notification,
//!         action: "sent",
//!         outcome: Outcome::Success,
//!         correlation_id: "rr-0123456789ab-1766000000",
//!         data: serde_json::json!({ "channel": "webhook", "attempts": 1 }),
//!     })
//!     .with_resource("notification", "nr-approval-1"),
//! );
//! let stats = audit.close(Duration::from_secs(5)).await;
//! assert_eq!(stats.lost, 0);
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod event;
mod new_event;
mod page;
mod query;
mod receipt;
mod words;
mod workflow;
mod writer;

pub use client::Client;
pub use error::{ClientError, Problem, Violation};
pub use event::{Event, NewEvent, VERSION, to_microseconds};
pub use new_event::Essentials;
pub use page::{EventPage, Pagination};
pub use query::{EventQuery, Moment};
pub use receipt::{
    BatchReceipt, Receipt, SpoolStatus, SpooledBatch, SpooledReceipt, StoredBatch, StoredReceipt,
};
pub use words::{Category, Outcome, Severity, UnknownWord};
pub use workflow::{
    Definition, LabelPattern, Labels, NewWorkflow, Parameter, ParameterType, Priority,
    StatusChange, Step, StepType, Workflow, WorkflowMatch, WorkflowMatches, WorkflowPage,
    WorkflowQuery, WorkflowSearch, WorkflowStatus, WorkflowSummary,
};
pub use writer::{AuditWriter, WriterConfig, WriterStats};
