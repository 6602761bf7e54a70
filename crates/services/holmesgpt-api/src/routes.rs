//! The HTTP interface.

use std::sync::Arc;

use axum::extract::State;
use contract::Endpoint as _;
use contract::holmesgpt::{
    Analysis, AnalyzeIncident, AnalyzeRecovery, IncidentRequest, RecoveryRequest,
};
use kit::{Json, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::analyze::{Analyzer, Case};

/// The routes and their description.
pub fn routes(analyzer: Arc<Analyzer>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(incident)).routes(routes!(recovery)).with_state(analyzer)
}

/// Analyzes an incident that nothing was done about yet.
#[utoipa::path(post, path = AnalyzeIncident::PATH, tag = "analysis",
    request_body = IncidentRequest,
    responses((status = 200, body = Analysis), (status = 503, body = Problem)))]
async fn incident(
    State(analyzer): State<Arc<Analyzer>>,
    Json(request): Json<IncidentRequest>,
) -> Result<Json<Analysis>, Problem> {
    let case = Case {
        correlation_id: &request.correlation_id,
        incident: &request.incident,
        attempt: 1,
        previous_executions: &[],
    };
    analyzer.analyze(&case).await.map(Json)
}

/// Analyzes an incident that a workflow has not remedied.
#[utoipa::path(post, path = AnalyzeRecovery::PATH, tag = "analysis",
    request_body = RecoveryRequest,
    responses((status = 200, body = Analysis), (status = 503, body = Problem)))]
async fn recovery(
    State(analyzer): State<Arc<Analyzer>>,
    Json(request): Json<RecoveryRequest>,
) -> Result<Json<Analysis>, Problem> {
    let case = Case {
        correlation_id: &request.correlation_id,
        incident: &request.incident,
        attempt: request.attempt,
        previous_executions: &request.previous_executions,
    };
    analyzer.analyze(&case).await.map(Json)
}
