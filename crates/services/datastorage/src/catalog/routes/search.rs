//! Finding the workflows that fit a signal.

use std::time::{Duration, Instant};

use axum::{Extension, extract};
use contract::Endpoint as _;
use contract::datastorage::{SearchWorkflows, WorkflowMatches, WorkflowSearch};
use kit::{Json, Problem, RequestId};

use crate::audit::trail::AppendError;
use crate::catalog::score::rank;
use crate::catalog::search_event::search_completed;
use crate::state::State;

/// How long a client should wait after a 503.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Find workflows for a signal
///
/// A search finds workflows whose latest version is active, and whose five
/// labels equal those of the signal or are `*`. They are ordered by score; of
/// equal scores the one that was created last comes first. The list may be
/// empty.
///
/// The score goes from 0 to 1, in hundredths: 35 for a `signal_type` that the
/// workflow names, 20 for its `component`, 10 for its `severity`, 10 for its
/// `environment`, 5 for its `priority`; nothing for `*`. Up to 20 more are
/// shared evenly among all custom and detected labels that the workflow names:
/// a label's whole share if the signal has it with that value, half of it if
/// the workflow says `*` and the signal has the label, else nothing. A workflow
/// that names none of them gets 10. Labels of the signal that a workflow does
/// not name change nothing.
///
/// Every search is in the audit trail as `workflow.catalog.search_completed`.
/// The answer waits until it is there, or safe in the spool.
#[utoipa::path(
    post,
    path = SearchWorkflows::PATH,
    tag = "workflows",
    request_body = WorkflowSearch,
    responses(
        (status = 200, description = "What fits, best first", body = WorkflowMatches),
        (status = 503, description = "The search cannot be recorded", body = Problem),
    ),
)]
pub(super) async fn search(
    extract::State(state): extract::State<State>,
    Extension(request_id): Extension<RequestId>,
    Json(search): Json<WorkflowSearch>,
) -> Result<Json<WorkflowMatches>, Problem> {
    let start = Instant::now();
    let fitting = state.store.workflows_for(&search).await.map_err(|error| state.problem(error))?;
    let ranking = rank(fitting, &search);
    let correlation_id = search.correlation_id.as_deref().unwrap_or(request_id.as_str());
    let event = search_completed(&search, &ranking, correlation_id, start.elapsed());
    state.trail.append(vec![event]).await.map_err(unrecorded)?;
    Ok(Json(WorkflowMatches { data: ranking.best, total: ranking.total }))
}

/// A search that cannot be recorded is not answered.
fn unrecorded(error: AppendError) -> Problem {
    match error {
        AppendError::Unavailable(why) => Problem::unavailable(why, RETRY_AFTER),
        AppendError::Broken(error) => error.into(),
        rejected @ AppendError::Rejected(_) => anyhow::Error::from(rejected).into(),
    }
}
