//! What the services say to each other, as types.
//!
//! Servers, their peers and the suites use the same types, so a renamed field,
//! path or event type does not compile on the other side.
//!
//! | module | what it has |
//! |---|---|
//! | [`endpoint`] | a call that a service answers |
//! | [`aianalysis`] | analyses: what is wrong, what to do, whether somebody has to agree |
//! | [`audit`] | the events of the audit trail, with their payloads |
//! | [`datastorage`] | the audit trail and the workflow catalog |
//! | [`holmesgpt`] | finding root causes and choosing workflows |
//! | [`gateway`] | alerts and events from outside |
//! | [`notification`] | messages to people and webhooks |
//! | [`remediationorchestrator`] | remediation requests, and somebody's agreement |
//! | [`signalprocessing`] | signals, what is known of their targets, how urgent they are |
//! | [`sink`] | a receiver of webhooks, for the suites |
//! | [`workflowexecution`] | executions of workflows on a target |
//! | [`resource`] | what all resources have: spec, phase, status, calls |
//! | [`page`], [`problem`] | the pages of a list; errors |
//! | [`duration`], [`schema`], [`mod@words`] | forms of texts |

pub mod aianalysis;
pub mod audit;
pub mod datastorage;
pub mod duration;
pub mod endpoint;
pub mod gateway;
pub mod holmesgpt;
pub mod notification;
pub mod page;
pub mod problem;
pub mod remediationorchestrator;
pub mod resource;
pub mod schema;
pub mod signalprocessing;
pub mod sink;
pub mod words;
pub mod workflowexecution;

pub use audit::AuditEvent;
pub use endpoint::{Endpoint, NoBody, NoQuery};
pub use strum;
pub use words::Words;
