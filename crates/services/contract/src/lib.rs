//! What the services say to each other, as types.
//!
//! Servers, their peers and the suites use the same types, so a renamed field,
//! path or event type does not compile on the other side.
//!
//! | module | what it has |
//! |---|---|
//! | [`endpoint`] | a call that a service answers |
//! | [`datastorage`] | the audit trail and the workflow catalog |
//! | [`page`] | the page of a list |
//! | [`problem`] | errors |

pub mod datastorage;
pub mod endpoint;
pub mod page;
pub mod problem;

pub use endpoint::{Endpoint, NoBody, NoQuery};
