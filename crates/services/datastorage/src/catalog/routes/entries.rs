//! Creating, reading and changing workflows.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, extract};
use contract::Endpoint as _;
use contract::datastorage::{
    ChangeWorkflow, CreateWorkflow, GetWorkflow, ListWorkflowVersions, ListWorkflows, NewWorkflow,
    StatusChange, Workflow, WorkflowPage, WorkflowQuery, WorkflowSummary,
};
use contract::page::Page;
use kit::page::{PageQuery, PageRequest};
use kit::{Json, Path, Problem, Query, RequestId, Violation};
use uuid::Uuid;

use super::WORKFLOWS;
use crate::catalog::change::explain;
use crate::catalog::input::{self, RULES};
use crate::catalog::records::CreateOutcome;
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
    path = CreateWorkflow::PATH,
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
    Json(workflow): Json<NewWorkflow>,
) -> Result<impl IntoResponse, Problem> {
    let workflow = input::workflow(workflow).map_err(Problem::validation)?;
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
    path = ListWorkflows::PATH,
    tag = "workflows",
    params(WorkflowQuery),
    responses(
        (status = 200, description = "A page of the catalog", body = Page<WorkflowSummary>),
    ),
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    Query(query): Query<WorkflowQuery>,
) -> Result<Json<WorkflowPage>, Problem> {
    let listed = state.store.workflows(&query).await.map_err(|error| state.problem(error))?;
    Ok(Json(query.page().answer(listed.workflows, listed.total)))
}

/// List the versions of a workflow
///
/// The newest first; without their content. `is_latest` marks the latest one.
#[utoipa::path(
    get,
    path = ListWorkflowVersions::PATH,
    tag = "workflows",
    params(
        ("name" = String, Path, description = "The workflow's name",
            min_length = 1, max_length = 63, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
            example = "restart-pod"),
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of its versions", body = Page<WorkflowSummary>),
        (status = 404, description = "There is no such workflow", body = Problem),
    ),
)]
pub(super) async fn versions(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<WorkflowPage>, Problem> {
    let listed =
        state.store.workflow_versions(&name, page).await.map_err(|error| state.problem(error))?;
    if listed.total == 0 {
        return Err(Problem::not_found(format_args!("workflow {name}")));
    }
    Ok(Json(PageRequest::from(page).answer(listed.workflows, listed.total)))
}

/// Read a version of a workflow
#[utoipa::path(
    get,
    path = GetWorkflow::PATH,
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
    path = ChangeWorkflow::PATH,
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
    change: Result<Json<StatusChange>, Problem>,
) -> Result<Json<Workflow>, Problem> {
    let Json(change) = change.map_err(explain)?;
    let changed = state
        .store
        .set_workflow_status(workflow_id, &change, request_id.as_str())
        .await
        .map_err(|error| state.problem(error))?;
    state.database_is_back();
    changed.map(Json).ok_or_else(|| missing(workflow_id))
}

fn missing(workflow_id: Uuid) -> Problem {
    Problem::not_found(format_args!("workflow {workflow_id}"))
}
