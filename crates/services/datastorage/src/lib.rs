//! DataStorage: the audit trail of all services, and the workflow catalog.
//!
//! Events are appended, never changed: the database itself refuses updates and
//! deletes. An event is stored once, however often it is sent. Acknowledged
//! events survive a crash of the process and of the machine. While the database
//! is unavailable, events wait in a spool on disk.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`state`] | what the handlers share |
//! | [`store`] | the database with our schema |
//! | [`audit`] | the trail, from request to row |
//! | [`spool`] | keeps events on disk while the database is unavailable |
//! | [`catalog`] | the workflow catalog, from request to row |

use axum::Router;
use kit::Service;

pub mod audit;
pub mod catalog;
pub mod config;
pub mod spool;
pub mod state;
pub mod store;
#[cfg(test)]
mod testing;

pub use audit::trail::TrailWriter;
pub use config::Config;
pub use spool::Spool;
pub use state::State;
pub use store::Store;

/// All routes of the service. The database has to be migrated before the
/// service is ready; see [`Database::migrate`](kit::database::Database::migrate).
/// Events are taken before that.
pub fn app(service: &Service, state: State) -> Router {
    let writing = audit::routes::writing(state.clone());
    let reading = audit::routes::reading(state.clone());
    let catalog = catalog::routes::routes(state);
    kit::router::router_with_early(service, writing, reading.merge(catalog))
}
