//! The router of a service: its routes, the operational routes and the edge.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::InfoBuilder;
use utoipa_axum::router::OpenApiRouter;

use crate::check::Operations;
use crate::document;
use crate::edge::{self, BODY_LIMIT, Edge, REQUEST_TIMEOUT};
use crate::operations::{self, not_ready};
use crate::problem::{Problem, ProblemKind};
use crate::readiness::Phase;
use crate::service::Service;

/// Adds the operational routes to `routes`, and wraps both in the edge. Until
/// the service is ready, its own routes answer 503.
pub fn router(service: &Service, routes: OpenApiRouter) -> Router {
    router_with_early(service, OpenApiRouter::new(), routes)
}

/// Like [`router`], with routes that also work before the service is ready.
pub fn router_with_early(service: &Service, early: OpenApiRouter, routes: OpenApiRouter) -> Router {
    build(service, early, routes, REQUEST_TIMEOUT)
}

fn build(
    service: &Service,
    early: OpenApiRouter,
    routes: OpenApiRouter,
    timeout: Duration,
) -> Router {
    let (operations, mut openapi) = operations::routes(service.clone()).split_for_parts();
    let (early, own_early) = early.split_for_parts();
    let (routes, own) = routes.split_for_parts();
    openapi.merge(own_early);
    openapi.merge(own);
    openapi.info =
        InfoBuilder::new().title(service.package.name).version(service.package.version).build();
    let mut document =
        serde_json::to_value(openapi).expect("the document is made of strings and numbers");
    document::complete(&mut document);
    let inputs = Operations::of(&document);
    let document: Arc<str> = document.to_string().into();

    let edge = Edge { metrics: service.metrics.clone(), timeout };
    operations
        .route("/openapi.json", get(async move || json(&document)))
        .merge(early)
        .merge(routes.layer(middleware::from_fn_with_state(service.clone(), gate)))
        .fallback(async |request: Request| {
            Problem::not_found(format_args!("path {}", request.uri().path()))
        })
        .method_not_allowed_fallback(async |request: Request| {
            let detail = format!("{} is not allowed on {}", request.method(), request.uri().path());
            Problem::new(ProblemKind::MethodNotAllowed, detail)
        })
        .layer(CatchPanicLayer::custom(|_| {
            // The panic hook has logged the panic with its location.
            Problem::new(ProblemKind::InternalError, "the log has the cause under this request id")
                .into_response()
        }))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(Extension(inputs))
        .layer(middleware::from_fn_with_state(edge, edge::edge))
}

/// Refuses requests until the service has been ready once.
async fn gate(State(service): State<Service>, request: Request, next: Next) -> Response {
    if service.readiness.phase() == Phase::Starting {
        return not_ready(&service).into_response();
    }
    next.run(request).await
}

fn json(document: &Arc<str>) -> Response {
    let media_type = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, media_type)], document.to_string()).into_response()
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
