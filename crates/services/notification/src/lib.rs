//! Sends notifications over several channels and keeps account of every
//! attempt.
//!
//! A request is stored before it is answered. A background task delivers to
//! each channel separately, retries temporary failures, and never repeats a
//! confirmed delivery. Each finished channel causes one audit event.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`model`] | notifications and their status |
//! | [`routes`] | the HTTP interface |
//! | [`routing`] | the receivers of notifications that name no channels |
//! | [`store`] | the database |
//! | [`delivery`] | the background task |
//! | [`channel`] | the channels that send messages |
//! | [`scrub`] | removing secrets from text |
//! | [`start`](mod@start) | building the service from its configuration |

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
