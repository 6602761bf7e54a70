//! What a suite may ask of its run.
//!
//! A test that wants to know what happens when something is away stops, kills or
//! pauses a service of its run, or stops its database. What can be asked for
//! depends on where the run lives, so a test says what it needs, and skips where
//! that is not to be had:
//!
//! ```no_run
//! # use onetag_control::{Capability, Control, Target};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let environment = onetag_env::Environment::from_process()?;
//! let Some(control) = Control::unless_skipped(&environment, &[Capability::Stop])? else {
//!     return Ok(());
//! };
//! let away = control.stopped(&Target::service("shop"))?;
//! // What does a client see now?
//! away.restore()?;
//! # Ok(())
//! # }
//! ```
//!
//! What a [guard](OutageGuard) took away comes back at the latest when the guard is
//! dropped, also by a panic. And if a test process is killed, the keeper notices
//! that its connection has ended, and brings back what was taken over it.
//!
//! | module | what it gives |
//! |---|---|
//! | [`Control`] | the connection, with a function for everything that can be asked |
//! | [`OutageGuard`] | the guard |
//! | [`Target`] | what can be stopped: a service, or the database |
//! | [`Capability`] | what a run is able to do |
//! | [`connection`] | requests and answers on the socket |
//! | [`protocol`] | what goes over the socket, for whoever answers |
//! | [`socket`] | where that is |

mod capability;
mod client;
pub mod connection;
mod error;
mod guard;
pub mod protocol;
pub mod socket;
mod target;

pub use capability::Capability;
pub use client::Control;
pub use error::Error;
pub use guard::OutageGuard;
pub use target::Target;
