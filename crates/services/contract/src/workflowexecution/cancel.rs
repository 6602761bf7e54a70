//! Ending an execution early.

use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WorkflowExecutions;
use crate::resource::Resource;
use crate::{Endpoint, NoQuery};

/// Why somebody ends an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cancellation {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Ends an execution. A step that is under way is not undone, and none follows it.
#[derive(Clone, Copy, Debug)]
pub struct CancelExecution;

impl Endpoint for CancelExecution {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/v1/workflowexecutions/{name}/cancellation";
    type Request = Cancellation;
    type Query = NoQuery;
    type Answer = Resource<WorkflowExecutions>;
}
