//! What the end-to-end suites share.
//!
//! A suite never starts anything: the harness has started the services and
//! hands their addresses over in the environment. Tests of one suite run in
//! parallel against one environment, so every test uses [names of its
//! own](unique), and reads back exactly what it caused.
//!
//! | module | what it gives |
//! |---|---|
//! | [`run`] | the run that this process belongs to, and its services |
//! | [`control`] | stopping, killing and pausing them, alone |
//! | [`http`] | requests whose failures say what was sent and what came back |
//! | [`escape`](mod@escape) | text as part of an address |
//! | [`webhook`] | the far end of webhooks |
//! | [`trail_reader`] | the audit trail, read back with exact counts |
//! | [`wait`] | waiting for a condition, with a deadline |
//! | [`name`] | names that no other test has |
//! | [`provenance`](mod@provenance) | the first test of every suite |

pub mod control;
pub mod escape;
pub mod http;
pub mod name;
pub mod provenance;
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
pub use run::Run;
pub use trail_reader::TrailReader;
pub use wait::{Poll, eventually};
pub use webhook::Webhook;
