//! Sends notifications over several channels and keeps account of every
//! attempt.
//!
//! A request is kept first and answered then; a background task delivers to
//! each channel on its own, tries again what may pass, and never sends again
//! what a receiver has confirmed. The audit trail is told once for each channel.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`model`] | what is asked for, and what became of it |
//! | [`routes`] | the HTTP interface |
//! | [`routing`] | who gets what names no channels |
//! | [`store`] | where everything is kept |
//! | [`delivery`] | the background task |
//! | [`channel`] | the ways out |
//! | [`scrub`] | taking secrets out of text |
//! | [`start`](mod@start) | putting it together |

use axum::Router;
use kit::Service;

pub mod channel;
pub mod config;
pub mod delivery;
pub mod model;
pub mod routes;
pub mod routing;
pub mod scrub;
pub mod start;
pub mod store;
#[cfg(test)]
mod testing;

pub use config::Config;
pub use routes::AppState;
pub use start::start;

/// All routes of the service.
pub fn app(service: &Service, state: AppState) -> Router {
    kit::router(service, routes::routes(state))
}
