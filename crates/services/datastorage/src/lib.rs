//! DataStorage: the audit trail of all services.
//!
//! Events are appended, never changed: the database itself refuses updates and
//! deletes. An event is stored once, however often it is sent, and what was
//! acknowledged survives the process and the machine.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`state`] | what the handlers share |
//! | [`store`] | the database with our schema |
//! | [`audit`] | the trail, from request to row |

use axum::Router;
use kit::Service;
use utoipa_axum::router::OpenApiRouter;

pub mod audit;
pub mod config;
mod page;
pub mod state;
pub mod store;

pub use config::Config;
pub use state::State;
pub use store::Store;

/// All routes of the service. The database has to be migrated before the
/// service is ready; see [`Database::migrate`](kit::database::Database::migrate).
pub fn app(service: &Service, state: State) -> Router {
    kit::router(service, OpenApiRouter::new().merge(audit::routes::routes(state)))
}
