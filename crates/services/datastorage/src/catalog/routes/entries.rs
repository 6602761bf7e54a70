//! Creating, reading and changing workflows.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, extract};
use contract::datastorage::{NewWorkflow, StatusChange, Workflow, WorkflowPage};
use kit::{Json, Page, Path, Problem, Query, RequestId, Violation};
use uuid::Uuid;

use super::WORKFLOWS;
use crate::catalog::change::ChangeInput;
use crate::catalog::filter::{Filter, PageOnly};
use crate::catalog::input::{RULES, WorkflowInput};
use crate::catalog::records::{CreateOutcome, WorkflowList};
use crate::page::pagination;
use crate::state::State;

/// Add a version of a workflow
///
/// The new version is active, and is the latest of its name whatever its
/// version is called. The same name and version again are a conflict, even with
/// the same content.
///
/// The audit trail tells of it as `workflow.catalog.created`, with the request id
/// as its correlation.
#[utoipa::path(
    post,
    path = "/api/v1/workflows",
    tag = "workflows",
    request_body = NewWorkflow,
    extensions(("x-rules" = json!(RULES))),
    responses(
        (status = 201, description = "Created", body = Workflow,
            headers(("Location" = String, description = "Where it can be read"))),
        (status = 409, description = "There is such a version", body = Problem),
    ),
)]
pub(super) async fn create(
    extract::State(state): extract::State<State>,
    Extension(request_id): Extension<RequestId>,
    Json(WorkflowInput(workflow)): Json<WorkflowInput>,
) -> Result<impl IntoResponse, Problem> {
    let (name, version) = (&workflow.definition.name, &workflow.definition.version);
    let taken = format!("there is a workflow {name} with version {version}");
    let created = state
        .store
        .create_workflow(workflow, request_id.as_str())
        .await
        .map_err(|error| state.problem(error))?;
    state.database_is_back();
    match created {
        CreateOutcome::New(workflow) => {
            let location = format!("{WORKFLOWS}/{}", workflow.summary.workflow_id);
            Ok((StatusCode::CREATED, [(LOCATION, location)], Json(workflow)))
        }
        CreateOutcome::Exists(workflow_id) => {
            let violation = Violation {
                field: "version".to_owned(),
                message: format!("is taken by workflow {workflow_id}"),
            };
            Err(Problem::conflict(taken).with_errors(vec![violation]))
        }
    }
}

/// List workflows
///
/// All versions, whatever their status, the newest first; without their
/// content.
#[utoipa::path(
    get,
    path = "/api/v1/workflows",
    tag = "workflows",
    params(Filter, Page),
    responses(
        (status = 200, description = "A page of the catalog", body = WorkflowPage),
    ),
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    Query(filter): Query<Filter>,
) -> Result<Json<WorkflowPage>, Problem> {
    let listed = state.store.workflows(&filter).await.map_err(|error| state.problem(error))?;
    Ok(Json(answer(filter.page, listed)))
}

/// List the versions of a workflow
///
/// The newest first; without their content. `is_latest` marks the latest one.
#[utoipa::path(
    get,
    path = "/api/v1/workflows/by-name/{name}/versions",
    tag = "workflows",
    params(
        ("name" = String, Path, description = "The workflow's name",
            min_length = 1, max_length = 63, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
            example = "restart-pod"),
        Page,
    ),
    responses(
        (status = 200, description = "A page of its versions", body = WorkflowPage),
        (status = 404, description = "There is no such workflow", body = Problem),
    ),
)]
pub(super) async fn versions(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
    Query(PageOnly(page)): Query<PageOnly>,
) -> Result<Json<WorkflowPage>, Problem> {
    let listed =
        state.store.workflow_versions(&name, page).await.map_err(|error| state.problem(error))?;
    if listed.total == 0 {
        return Err(Problem::not_found(format_args!("workflow {name}")));
    }
    Ok(Json(answer(page, listed)))
}

/// Read a version of a workflow
#[utoipa::path(
    get,
    path = "/api/v1/workflows/{workflow_id}",
    tag = "workflows",
    params(("workflow_id" = Uuid, Path, description = "The version's id")),
    responses(
        (status = 200, description = "The version, with its content", body = Workflow),
        (status = 404, description = "There is no such version", body = Problem),
    ),
)]
pub(super) async fn get(
    extract::State(state): extract::State<State>,
    Path(workflow_id): Path<Uuid>,
) -> Result<Json<Workflow>, Problem> {
    let workflow = state.store.workflow(workflow_id).await.map_err(|error| state.problem(error))?;
    workflow.map(Json).ok_or_else(|| missing(workflow_id))
}

/// Set the status of a version
///
/// Only the status can be changed, with a reason; any status may follow any
/// other. To change anything else, create a new version. A search finds a
/// workflow only if its latest version is active; older versions do not replace
/// it.
///
/// The audit trail tells of it as `workflow.catalog.status_changed`, with the
/// request id as its correlation.
#[utoipa::path(
    patch,
    path = "/api/v1/workflows/{workflow_id}",
    tag = "workflows",
    params(("workflow_id" = Uuid, Path, description = "The version's id")),
    request_body = StatusChange,
    responses(
        (status = 200, description = "The version as it is now", body = Workflow),
        (status = 404, description = "There is no such version", body = Problem),
    ),
)]
pub(super) async fn change(
    extract::State(state): extract::State<State>,
    Path(workflow_id): Path<Uuid>,
    Extension(request_id): Extension<RequestId>,
    Json(ChangeInput(change)): Json<ChangeInput>,
) -> Result<Json<Workflow>, Problem> {
    let changed = state
        .store
        .set_workflow_status(workflow_id, &change, request_id.as_str())
        .await
        .map_err(|error| state.problem(error))?;
    state.database_is_back();
    changed.map(Json).ok_or_else(|| missing(workflow_id))
}

fn answer(page: Page, listed: WorkflowList) -> WorkflowPage {
    let pagination = pagination(page, listed.workflows.len(), listed.total);
    WorkflowPage { data: listed.workflows, pagination }
}

fn missing(workflow_id: Uuid) -> Problem {
    Problem::not_found(format_args!("workflow {workflow_id}"))
}
