//! The operational routes of every service.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Json;
use crate::metrics;
use crate::problem::{Problem, ProblemKind};
use crate::readiness::Phase;
use crate::service::Service;

/// The routes and their description.
pub(crate) fn routes(service: Service) -> OpenApiRouter {
    OpenApiRouter::with_openapi(Shared::openapi())
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(version))
        .routes(routes!(metrics_text))
        .with_state(service)
}

/// The components of every document; see [`document`](crate::document).
#[derive(OpenApi)]
#[openapi(components(schemas(Problem)))]
struct Shared;

/// Answer of `/health/live`.
#[derive(Debug, Serialize, ToSchema)]
struct Live {
    /// Always `live`.
    status: &'static str,
}

/// Answer of `/health/ready`.
#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// The parts that are unavailable.
    degraded: Vec<String>,
}

/// Answer of `/version`.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// The service's name.
    service: &'static str,
    /// The package's version.
    version: &'static str,
    /// The source revision, from `ONETAG_REVISION`.
    revision: Option<String>,
    /// The image, from `ONETAG_IMAGE`.
    image: Option<String>,
    /// The run, from `ONETAG_RUN_ID`.
    run_id: Option<String>,
}

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "operations", responses((status = 200, body = Live)))]
async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// The service can do something useful.
#[utoipa::path(get, path = "/health/ready", tag = "operations", responses(
    (status = 200, body = Ready),
))]
async fn ready(State(service): State<Service>) -> Result<Json<Ready>, Problem> {
    match service.readiness.phase() {
        Phase::Ready => Ok(Json(Ready { status: "ready", degraded: service.readiness.degraded() })),
        _ => Err(not_ready(&service)),
    }
}

/// Which build of which run answers.
#[utoipa::path(get, path = "/version", tag = "operations", responses((status = 200, body = Version)))]
async fn version(State(service): State<Service>) -> Json<Version> {
    Json(Version {
        service: service.package.name,
        version: service.package.version,
        revision: service.revision,
        image: service.image,
        run_id: service.run_id,
    })
}

/// Metrics in the text format of Prometheus, or as OpenMetrics if `Accept`
/// prefers that.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, content((String = "text/plain"), (String = "application/openmetrics-text"))),
))]
async fn metrics_text(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (text, media_type) = match metrics::prefers_open_metrics(&headers) {
        true => (service.metrics.open_metrics(), metrics::OPEN_METRICS),
        false => (service.metrics.text(), metrics::TEXT),
    };
    let text = text.map_err(anyhow::Error::from)?;
    let media_type = HeaderValue::from_static(media_type);
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

/// The problem of a service that is not ready.
pub(crate) fn not_ready(service: &Service) -> Problem {
    let name = service.package.name;
    let detail = match (service.readiness.phase(), service.readiness.waiting_for()) {
        (Phase::Stopping, _) => format!("{name} is stopping"),
        (_, Some(what)) => format!("{name} is starting: {what}"),
        (_, None) => format!("{name} is starting"),
    };
    Problem::new(ProblemKind::ServiceUnavailable, detail)
}
