//! The common parts of the end-to-end suites.
//!
//! A suite never starts anything: the harness starts the services and passes
//! their addresses in environment variables. Tests of one suite run in parallel
//! against the same services. So every test uses [unique names](unique) and
//! checks exactly the data that it created.
//!
//! | module | what it gives |
//! |---|---|
//! | [`run`] | the run that this process belongs to, and its services |
//! | [`control`] | stopping, killing and pausing services |
//! | [`http`] | requests, with failures that show request and answer |
//! | [`escape`](mod@escape) | escaping text in a URL |
//! | [`resource`] | resources of any kind, with the types of their contract |
//! | [`alerts`] | alerts, as Alertmanager posts them |
//! | [`catalog`] | workflows of the catalog |
//! | [`webhook`] | receivers of webhooks |
//! | [`trail_reader`] | reading the audit trail, with exact counts |
//! | [`wait`] | waiting for a condition, with a deadline |
//! | [`name`] | unique names |
//! | [`provenance`](mod@provenance) | the first test of every suite |

pub mod alerts;
pub mod catalog;
pub mod control;
pub mod escape;
pub mod http;
pub mod name;
pub mod provenance;
pub mod resource;
pub mod run;
pub mod trail_reader;
pub mod wait;
pub mod webhook;
mod witness;

pub use control::{Capability, Control, Target};
pub use escape::escape;
pub use http::{Answer, Endpoint};
pub use name::unique;
pub use provenance::provenance;
pub use resource::Resources;
pub use run::Run;
pub use trail_reader::{TrailReader, payload};
pub use wait::{Poll, TIMEOUT, eventually};
pub use webhook::Webhook;
