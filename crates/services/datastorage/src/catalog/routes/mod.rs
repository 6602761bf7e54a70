//! The HTTP interface of the catalog.

mod entries;
mod search;
#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Where the workflows are.
const WORKFLOWS: &str = "/api/v1/workflows";

/// The routes of the catalog, with their documentation.
pub fn routes(state: State) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(entries::create, entries::list))
        .routes(routes!(entries::get, entries::change))
        .routes(routes!(entries::versions))
        .routes(routes!(search::search))
        .with_state(state)
}
