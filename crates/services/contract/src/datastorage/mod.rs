//! DataStorage: the audit trail and the workflow catalog.
//!
//! [`NewEvent`] is an audit event as it is sent, [`Event`] as it is stored;
//! [`NewWorkflow`] is a workflow as it is sent, [`Workflow`] as the catalog
//! stores it; [`WorkflowSearch`] finds those that fit a signal.

mod endpoints;
mod event;
mod new_event;
mod page;
mod query;
mod receipt;
mod words;
mod workflow;

pub use endpoints::{CreateEvent, CreateEvents, GetEvent, ListEvents};
pub use event::{Event, EventBatch, NewEvent, VERSION, to_microseconds};
pub use new_event::Essentials;
pub use page::EventPage;
pub use query::{EventQuery, Moment};
pub use receipt::{
    BatchReceipt, Receipt, SpoolStatus, SpooledBatch, SpooledReceipt, StoredBatch, StoredReceipt,
};
pub use words::{Category, Outcome, Severity};
pub use workflow::{
    ChangeWorkflow, CreateWorkflow, Definition, GetWorkflow, LabelPattern, Labels,
    ListWorkflowVersions, ListWorkflows, NewWorkflow, Parameter, ParameterType, Priority,
    SearchWorkflows, StatusChange, Step, StepType, Workflow, WorkflowMatch, WorkflowMatches,
    WorkflowPage, WorkflowQuery, WorkflowSearch, WorkflowStatus, WorkflowSummary,
};
